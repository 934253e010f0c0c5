"""The In-shop reader, on lists generated in the exact layout."""

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.errors import CatalogueError
from contracts.items import Item
from model.catalogue.deepfashion_inshop_protocol import OFFICIAL_IMAGES
from model.catalogue.opening import open_catalogue
from model.training.article.labels import label_items
from tests.model.deepfashion_tree import DeepFashionTree, Row, write_list
from tests.model.inshop_tree import InshopTree, Shot, shot_name

DRESS_FRONT, DRESS_BACK = (shot_name("WOMEN", "Dresses", 2, shot) for shot in ("02_1_front", "02_3_back"))
TEE_FRONT, TEE_SIDE = (shot_name("WOMEN", "Tees_Tanks", 8, shot) for shot in ("01_1_front", "01_2_side"))
DENIM_FRONT, DENIM_FLAT = (shot_name("MEN", "Denim", 80, shot) for shot in ("01_1_front", "01_6_flat"))
SHOTS = [
    Shot(DRESS_FRONT, "id_00000002", "train", 3, 1, (65, 45, 190, 252), "Cream"),
    Shot(DRESS_BACK, "id_00000002", "train", 3, 3, (50, 60, 50, 90), "NA"),
    Shot(TEE_FRONT, "id_00000008", "query", 1, 1, (0, 0, 10, 10)),
    Shot(TEE_SIDE, "id_00000008", "gallery", 1, 2),
    Shot(DENIM_FRONT, "id_00000080", "query", 2, 1),
    Shot(DENIM_FLAT, "id_00000080", "gallery", 2, 6),
]
PARTITIONS = "Eval/list_eval_partition.txt"
BOXES = "Anno/list_bbox_inshop.txt"
COLOURS = "Anno/list_color_cloth.txt"
PART_ONLY = (
    "this is 6 of the 52,712 images of DeepFashion In-shop (2 train, 2 query, 2 gallery): "
    "figures made with it cannot be compared with published ones"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return InshopTree(SHOTS, colours=COLOURS).write(tmp_path / "In-shop Clothes Retrieval Benchmark")


def change_line(path: Path, line: int, change: Callable[[str], str]) -> None:
    lines = path.read_text().split("\n")
    lines[line - 1] = change(lines[line - 1])
    path.write_text("\n".join(lines))


def test_items_in_list_order_with_attributes_box_and_partition(root: Path) -> None:
    catalogue = open_catalogue(root)
    assert (catalogue.kind, catalogue.root) == ("deepfashion-inshop", root)
    assert catalogue.items[0] == Item(
        DRESS_FRONT,
        DRESS_FRONT,
        {
            "item_id": "id_00000002",
            "gender": "WOMEN",
            "category": "Dresses",
            "clothes_type": "full-body",
            "pose_type": "frontal",
            "colour": "Cream",
        },
        (65, 45, 190, 252),
        "train",
    )
    assert [item.id for item in catalogue.items] == [shot.image for shot in SHOTS]
    assert [item.partition for item in catalogue.items] == [shot.status for shot in SHOTS]
    assert catalogue.items[1].crop is None
    assert "colour" not in catalogue.items[1].attributes
    assert catalogue.items[5].attributes == {
        "item_id": "id_00000080",
        "gender": "MEN",
        "category": "Denim",
        "clothes_type": "lower-body",
        "pose_type": "stand-alone",
        "colour": "Heather grey",
    }
    assert catalogue.categories == ("Denim", "Dresses", "Tees_Tanks")
    assert catalogue.skipped == 1
    assert catalogue.notes == (
        PART_ONLY,
        "boxes ignored because they have no area or a negative corner: 1",
        "images without a colour in the list of colours: 1",
    )


@pytest.mark.parametrize("pictures", ["img", "Img/img", "img/img", "Img"])
@pytest.mark.parametrize("in_lists", ["img/", ""])
def test_packagings_differ_but_ids_do_not(tmp_path: Path, pictures: str, in_lists: str) -> None:
    root = InshopTree(SHOTS, pictures=pictures, in_lists=in_lists).write(tmp_path / "in-shop")
    items = open_catalogue(root).items
    assert [item.id for item in items] == [shot.image for shot in SHOTS]
    assert items[0].image == f"{pictures}/WOMEN/Dresses/id_00000002/02_1_front.jpg"


def test_lists_may_spell_names_differently(root: Path) -> None:
    for line in range(3, 9):
        change_line(root / BOXES, line, lambda text: text.removeprefix("img/"))
    assert open_catalogue(root).items[0].crop == (65, 45, 190, 252)
    change_line(root / BOXES, 4, lambda text: text.replace("02_3_back", "02_1_front"))
    change_line(root / BOXES, 3, lambda text: "img/" + text)
    with pytest.raises(CatalogueError, match=rf"{BOXES}, line 4: {DRESS_FRONT} is also on line 3; remove one"):
        open_catalogue(root)


@pytest.mark.parametrize("boxes", ["list_bbox_inshop.txt", "Anno/list_bbox_inshop.txt"])
@pytest.mark.parametrize("colours", [COLOURS, "Anno/attributes/list_color_cloth.txt"])
def test_lists_are_found_where_the_releases_put_them(tmp_path: Path, boxes: str, colours: str) -> None:
    item = open_catalogue(InshopTree(SHOTS, boxes=boxes, colours=colours).write(tmp_path / "in-shop")).items[3]
    assert (item.crop, item.attributes["colour"]) == ((65, 45, 190, 252), "Heather grey")


def test_windows_line_ends_and_a_byte_order_mark(root: Path) -> None:
    before = open_catalogue(root)
    for name in (PARTITIONS, BOXES, COLOURS):
        (root / name).write_bytes(b"\xef\xbb\xbf" + (root / name).read_bytes().replace(b"\n", b"\r\n"))
    assert open_catalogue(root) == before


def test_boxes_and_colours_may_be_missing(tmp_path: Path) -> None:
    root = InshopTree(SHOTS, boxes=None).write(tmp_path / "in-shop")
    catalogue = open_catalogue(root)
    assert {item.crop for item in catalogue.items} == {None}
    assert catalogue.items[0].attributes.keys() == {"item_id", "gender", "category"}
    assert catalogue.notes == (
        PART_ONLY,
        f"{root} has no list_bbox_inshop.txt: pictures have no box, no clothes_type and no pose_type",
    )


def test_chosen_partitions(root: Path) -> None:
    catalogue = open_catalogue(root, partitions=["gallery", "query"])
    assert [item.id for item in catalogue.items] == [TEE_FRONT, TEE_SIDE, DENIM_FRONT, DENIM_FLAT]
    assert "images left out because they are of other partitions: 2" in catalogue.notes
    with pytest.raises(CatalogueError, match="partition 'test' is unknown; there are train, query, gallery"):
        open_catalogue(root, partitions=["test"])
    with pytest.raises(CatalogueError, match="none of 6 images is of the partitions ; ask for others"):
        open_catalogue(root, partitions=[])
    with pytest.raises(CatalogueError, match="read as deepfashion-inshop, which has no category numbers"):
        open_catalogue(root, categories=[1])


def test_attributes_csv_is_joined_and_wins(root: Path) -> None:
    (root / "attributes.csv").write_text(f"id,colour,price\n{TEE_FRONT},Red,12\n")
    attributes = open_catalogue(root).items[2].attributes
    assert (attributes["colour"], attributes["price"], attributes["gender"]) == ("Red", "12", "WOMEN")


class TestRecognition:
    def test_by_the_columns_alone(self, tmp_path: Path) -> None:
        root = InshopTree(SHOTS, boxes=None).write(tmp_path / "a")
        (root / "Anno").mkdir()
        assert open_catalogue(root).kind == "deepfashion-inshop"

    def test_category_and_attribute_prediction_is_another(self, tmp_path: Path) -> None:
        root = DeepFashionTree([Row("img/Tee/img_00000001.jpg", 18)]).write(tmp_path / "a")
        assert open_catalogue(root).kind == "deepfashion"

    def test_the_format_given_wins(self, root: Path, tmp_path: Path) -> None:
        with pytest.raises(CatalogueError, match=r"list_category_cloth\.txt is missing"):
            open_catalogue(root, format="deepfashion")
        with pytest.raises(CatalogueError, match="is not a folder, which format deepfashion-inshop needs"):
            open_catalogue(tmp_path / "none", format="deepfashion-inshop")

    def test_consumer_to_shop_is_refused(self, root: Path) -> None:
        change_line(root / PARTITIONS, 2, lambda _: "image_pair_name_1 image_pair_name_2 item_id evaluation_status")
        with pytest.raises(CatalogueError, match=rf"{PARTITIONS}, line 2: the columns are .*Consumer-to-shop cannot"):
            open_catalogue(root)

    def test_boxes_without_partitions(self, root: Path) -> None:
        (root / PARTITIONS).unlink()
        with pytest.raises(
            CatalogueError, match=rf"{PARTITIONS} is missing; .* contains 'img' \(or 'Img/img'\), 'Eval'"
        ):
            open_catalogue(root)

    def test_the_folder_above_is_told_which_is_meant(self, root: Path) -> None:
        with pytest.raises(CatalogueError, match=rf"{PARTITIONS} is missing; .* probably {root}"):
            open_catalogue(root.parent, format="deepfashion-inshop")

    def test_without_pictures(self, root: Path) -> None:
        (root / "img").rename(root / "pictures")
        with pytest.raises(
            CatalogueError, match=r"none of img, Img/img, .* contains a folder MEN or WOMEN; unpack img\.z"
        ):
            open_catalogue(root)


class TestEveryList:
    @pytest.fixture(params=[PARTITIONS, BOXES, COLOURS])
    def name(self, request: pytest.FixtureRequest) -> str:
        name: str = request.param
        return name

    @pytest.mark.parametrize(
        ("line", "change", "problem"),
        [
            (1, lambda _: "7", "line 1: says 7 rows, but 6 follow .* 'In-shop Clothes Retrieval' download"),
            (1, lambda _: "six", "line 1: 'six' is not the number of rows"),
            (4, lambda line: line.replace("02_3_back", "02_1_front"), f"line 4: {DRESS_FRONT} is also on line 3"),
            (5, lambda _: "", "line 5: (has 0 fields|is blank)"),
        ],
    )
    def test_malformed(self, root: Path, name: str, line: int, change: Callable[[str], str], problem: str) -> None:
        change_line(root / name, line, change)
        with pytest.raises(CatalogueError, match=f"{name}, {problem}"):
            open_catalogue(root)

    def test_not_utf8(self, root: Path, name: str) -> None:
        (root / name).write_bytes((root / name).read_bytes().replace(b"back", b"b\xe4ck"))
        with pytest.raises(CatalogueError, match=rf"{name}, line 4: byte 0xe4 is not UTF-8"):
            open_catalogue(root)


@pytest.mark.parametrize(
    ("name", "line", "change", "problem"),
    [
        (PARTITIONS, 3, lambda line: line.replace("train", "val"), "status 'val' is none of train, query, gallery"),
        (PARTITIONS, 6, lambda line: line + " x", "has 4 fields separated by whitespace, not 3"),
        (PARTITIONS, 3, lambda line: line.replace("WOMEN", "KIDS"), "is not a path like img/WOMEN/Dresses/"),
        (PARTITIONS, 3, lambda line: line.replace("/id_00000002", ""), "is not a path like img/WOMEN/Dresses/"),
        (PARTITIONS, 3, lambda line: line.replace("Dresses", ".."), "has an empty, '.' or '..' segment"),
        (BOXES, 3, lambda line: line.replace("  3  1", "  4  1"), r"clothes type '4' is none of 1 \(upper-body\)"),
        (BOXES, 3, lambda line: line.replace("  3  1", "  3  7"), r"pose type '7' is none of 1 \(frontal\)"),
        (BOXES, 3, lambda line: line.replace("065", "6.5"), "'6.5' is not a whole number; correct the row"),
        (BOXES, 3, lambda line: line.rsplit(maxsplit=1)[0], "has 6 fields separated by whitespace, not 7"),
        (BOXES, 8, lambda line: line.replace("01_6_flat", "x"), "is not in .*list_eval_partition"),
        (COLOURS, 8, lambda line: line.replace("01_6_flat", "x"), "is not in .*list_eval_partition"),
    ],
)
def test_a_malformed_row_is_named(root: Path, name: str, line: int, change: Callable[[str], str], problem: str) -> None:
    change_line(root / name, line, change)
    # A name that one list has and the other has not is reported where it is listed.
    where = rf"{name}, line {line}: .*{problem}|{PARTITIONS}, line {line}: .*is not in .*{name}"
    with pytest.raises(CatalogueError, match=where):
        open_catalogue(root)


def test_an_image_without_a_box_is_named(root: Path) -> None:
    lines = (root / BOXES).read_text().splitlines()
    write_list(root / BOXES, lines[1], lines[2:-1])
    with pytest.raises(CatalogueError, match=rf"{PARTITIONS}, line 8: {DENIM_FLAT} is not in .*{BOXES}; add it there"):
        open_catalogue(root)


def test_no_row_at_all(tmp_path: Path) -> None:
    root = InshopTree([]).write(tmp_path / "in-shop")
    with pytest.raises(CatalogueError, match=rf"{PARTITIONS} lists no image; copy the file again"):
        open_catalogue(root)


class TestProtocol:
    def test_a_query_without_its_item_in_the_gallery(self, root: Path) -> None:
        change_line(root / PARTITIONS, 8, lambda line: line.replace("gallery", "query"))
        with pytest.raises(
            CatalogueError, match=rf"{PARTITIONS}, line 7: query {DENIM_FRONT} is of item 'id_00000080', .* no gallery"
        ):
            open_catalogue(root)
        # What is asked for does not change what is right.
        with pytest.raises(CatalogueError, match="no gallery"):
            open_catalogue(root, partitions=["train"])

    def test_an_item_in_training_and_in_testing(self, root: Path) -> None:
        change_line(root / PARTITIONS, 6, lambda line: line.replace("id_00000008", "id_00000002"))
        with pytest.raises(
            CatalogueError,
            match=rf"{PARTITIONS}, line 6: item 'id_00000002' is for testing here \(gallery\) and .* on line 3",
        ):
            open_catalogue(root)

    def test_the_whole_benchmark_is_read_within_a_second(self, tmp_path: Path) -> None:
        root = whole_benchmark(tmp_path)
        started = time.process_time()
        catalogue = open_catalogue(root)
        seconds = time.process_time() - started
        assert Counter(item.partition for item in catalogue.items) == {
            "train": 25_882,
            "query": 14_218,
            "gallery": 12_612,
        }
        assert len({item.attributes["item_id"] for item in catalogue.items}) == 7_982
        assert catalogue.notes == ()
        # Of processor time: the machine may be shared.
        assert seconds < 1

    def test_the_whole_count_with_other_partitions_is_refused(self, tmp_path: Path) -> None:
        root = whole_benchmark(tmp_path)
        path = root / PARTITIONS
        row = next(number for number, line in enumerate(path.read_text().split("\n"), start=1) if " query" in line)
        change_line(path, row, lambda line: line.replace(" query", " gallery"))
        with pytest.raises(
            CatalogueError,
            match=r"line 1: says 52712 images, .* 25,882 train, 14,217 query, 12,613 gallery, where the official "
            r"protocol has 25,882 train, 14,218 query, 12,612 gallery; copy",
        ):
            open_catalogue(root)


def whole_benchmark(folder: Path) -> Path:
    """Lists of the published size, rows shuffled: 3,997 items to train on and 3,985 to test on."""
    shots = []
    for status, images in OFFICIAL_IMAGES.items():
        first, items = (1, 3_997) if status == "train" else (3_998, 3_985)
        for number in range(images):
            item = first + number % items
            name = shot_name("WOMEN" if item % 7 else "MEN", "Dresses", item, f"{number // items:02d}_1_{status}")
            shots.append(Shot(name, f"id_{item:08d}", status))
    random.Random(4).shuffle(shots)
    return InshopTree(shots, colours=COLOURS).write(folder / "whole")


def test_training_takes_train_and_tests_on_query_and_gallery(tmp_path: Path) -> None:
    jeans = Shot(shot_name("MEN", "Denim", 81, "01_1_front"), "id_00000081", "train")
    catalogue = open_catalogue(InshopTree([*SHOTS, jeans]).write(tmp_path / "in-shop"))
    labelled = label_items(catalogue, "category", crop_to_box=True)
    assert labelled.classes == ("Denim", "Dresses")
    assert {item.partition for item in labelled.train.items} == {"train"}
    assert [item.partition for item in labelled.test.items] == ["query", "gallery"]
    assert labelled.unknown == 2

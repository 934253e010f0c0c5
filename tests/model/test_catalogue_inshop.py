"""The In-shop reader, on lists generated in the exact layout."""

from pathlib import Path

import pytest

from contracts.errors import CatalogueError
from contracts.items import Item
from model.catalogue.opening import open_catalogue
from model.training.article.labels import label_items
from tests.model.deepfashion_tree import DeepFashionTree, Row
from tests.model.inshop_sample import (
    BOXES,
    COLOURS,
    DENIM_FLAT,
    DENIM_FRONT,
    DRESS_FRONT,
    PARTITIONS,
    SHOTS,
    TEE_FRONT,
    TEE_SIDE,
    change_line,
)
from tests.model.inshop_tree import InshopTree, Shot, shot_name


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return InshopTree(SHOTS, colours=COLOURS).write(tmp_path / "In-shop Clothes Retrieval Benchmark")


PART_ONLY = (
    "this is 6 of the 52,712 images of DeepFashion In-shop (2 train, 2 query, 2 gallery): "
    "figures made with it cannot be compared with published ones"
)


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
    with pytest.raises(CatalogueError, match="none of 6 images is of the partitions ; choose others"):
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


def test_training_takes_train_and_tests_on_query_and_gallery(tmp_path: Path) -> None:
    jeans = Shot(shot_name("MEN", "Denim", 81, "01_1_front"), "id_00000081", "train")
    catalogue = open_catalogue(InshopTree([*SHOTS, jeans]).write(tmp_path / "in-shop"))
    labelled = label_items(catalogue, "category", crop_to_box=True)
    assert labelled.classes == ("Denim", "Dresses")
    assert {item.partition for item in labelled.train.items} == {"train"}
    assert [item.partition for item in labelled.test.items] == ["query", "gallery"]
    assert labelled.unknown == 2

"""The DeepFashion reader, on lists generated in the exact layout."""

import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.errors import CatalogueError
from contracts.items import Item
from model.catalogue.opening import open_catalogue
from tests.model.deepfashion_sample import (
    BLOUSE,
    BOX_LIST,
    CATEGORY_LIST,
    JEANS,
    NAME_LIST,
    PARTITION_LIST,
    ROWS,
    A,
    B,
    C,
    D,
    replaced,
)
from tests.model.deepfashion_tree import CATEGORIES, DeepFashionTree, Row, image_name


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return DeepFashionTree(ROWS).write(tmp_path / "DeepFashion")


def test_items_in_list_order_with_category_box_and_partition(root: Path) -> None:
    catalogue = open_catalogue(root)
    assert catalogue.items == [
        Item(A, A, {"category": "Blouse"}, (72, 79, 232, 273), "train"),
        Item(C, C, {"category": "Tee"}, (0, 0, 10, 10), "val"),
        Item(D, D, {"category": "Tee"}, None, "test"),
    ]
    assert (catalogue.kind, catalogue.root) == ("deepfashion", root)
    assert catalogue.categories == tuple(CATEGORIES[:20])
    assert catalogue.skipped == 2
    assert catalogue.notes[:2] == (
        "images left out because they are of other categories or partitions: 1",
        "boxes ignored because they have no area or a negative corner: 1",
    )
    assert re.search("has no pictures: none of img, Img/img", catalogue.notes[2])


def test_chosen_categories_and_partitions(root: Path) -> None:
    def ids(**chosen: object) -> list[str]:
        return [item.id for item in open_catalogue(root, **chosen).items]  # type: ignore[arg-type]

    assert ids(categories=[JEANS, BLOUSE]) == [A, B]
    assert ids(partitions=["test", "val"]) == [C, D]
    assert ids(categories=range(1, 51), partitions={"train"}) == [A, B]
    assert open_catalogue(root, categories=[JEANS, BLOUSE]).categories == ("Blouse", "Jeans")
    with pytest.raises(CatalogueError, match="none of 4 images is of the categories 1 and"):
        ids(categories=[1])
    with pytest.raises(CatalogueError, match=r"none of 4 images"):
        ids(partitions=[])
    with pytest.raises(CatalogueError, match=r"category 51 is unknown; .* has 1 to 50"):
        ids(categories=[1, 51])
    with pytest.raises(CatalogueError, match="partition 'dev' is unknown; there are train, val, test"):
        ids(partitions=["dev"])


def test_lists_in_another_order_are_matched_by_name(root: Path) -> None:
    expected = open_catalogue(root).items
    for name in (BOX_LIST, PARTITION_LIST):
        count, header, *rows = (root / name).read_text().splitlines()
        (root / name).write_text("\r\n".join([count, header, *reversed(rows)]) + "\r\n\r\n")
    assert open_catalogue(root).items == expected


def test_a_list_of_fewer_than_twenty_categories_will_do(tmp_path: Path) -> None:
    root = DeepFashionTree([Row(A, 1)], categories=["Tee"]).write(tmp_path / "small")
    assert open_catalogue(root).categories == ("Tee",)


def test_later_downloads_name_the_folder_anno_coarse(tmp_path: Path) -> None:
    root = DeepFashionTree(ROWS, annotations="Anno_coarse").write(tmp_path / "later")
    assert open_catalogue(root).kind == "deepfashion"


def test_pictures_unpacked_inside_their_folder_are_found(root: Path) -> None:
    (root / "Img" / "img").mkdir(parents=True)
    if (root / "img").exists():
        pytest.skip("this file system does not tell 'Img' from 'img'")
    item = open_catalogue(root).items[0]
    assert (item.id, item.image) == (A, "Img/" + A)


@pytest.mark.parametrize("folder", ["img_highres", "Img/img_highres"])
def test_large_pictures_are_read_without_the_boxes_of_the_small_ones(root: Path, folder: str) -> None:
    picture = root / folder / A.removeprefix("img/")
    picture.parent.mkdir(parents=True)
    picture.touch()
    catalogue = open_catalogue(root)
    assert root / catalogue.items[0].image == picture
    assert {item.crop for item in catalogue.items} == {None}
    assert any(note.startswith("boxes ignored because they fit the pictures of img.zip") for note in catalogue.notes)


def test_pictures_below_the_folder_of_archives(root: Path) -> None:
    picture = root / "Img" / A.removeprefix("img/")
    picture.parent.mkdir(parents=True)
    picture.touch()
    (root / "img_highres").mkdir(exist_ok=True)
    item = open_catalogue(root).items[0]
    assert (root / item.image, item.crop) == (picture, (72, 79, 232, 273))


def test_attributes_csv_is_joined_and_may_list_what_is_left_out(root: Path) -> None:
    (root / "attributes.csv").write_text(f"id,colour,sleeve\n{C},Red,NA\n{B},Blue,long\n")
    assert [dict(item.attributes) for item in open_catalogue(root).items] == [
        {"category": "Blouse"},
        {"category": "Tee", "colour": "Red"},
        {"category": "Tee"},
    ]
    (root / "attributes.csv").write_text(f"id,colour\n{C},Red\nimg/none.jpg,Red\n")
    (bad,) = open_catalogue(root).bad_rows
    assert (bad.row, bad.value) == (3, "img/none.jpg")


@pytest.mark.parametrize("name", [CATEGORY_LIST, BOX_LIST, NAME_LIST, PARTITION_LIST])
class TestEveryList:
    def test_missing(self, root: Path, name: str) -> None:
        (root / name).unlink()
        with pytest.raises(CatalogueError, match=rf"{name} is missing; .* put it there"):
            open_catalogue(root)

    def test_wrong_count(self, root: Path, name: str) -> None:
        lines = (root / name).read_text().splitlines()
        (root / name).write_text("\n".join(lines[:-1]))
        with pytest.raises(CatalogueError, match=rf"{name}, line 1: says {lines[0]} rows, but {int(lines[0]) - 1} "):
            open_catalogue(root)

    @pytest.mark.parametrize("content", ["", "image_name  x\nimg/1.jpg 2\n", "4_0\nx\n"])
    def test_no_count(self, root: Path, name: str, content: str) -> None:
        (root / name).write_text(content)
        with pytest.raises(CatalogueError, match=rf"{name}, line 1: .* is not the number of rows; line 1 must"):
            open_catalogue(root)

    def test_malformed_row(self, root: Path, name: str) -> None:
        lines = (root / name).read_text().splitlines()
        lines[3] = lines[3].split()[0]
        (root / name).write_text("\n".join(lines))
        with pytest.raises(CatalogueError, match=rf"{name}, line 4: .*; copy the file again"):
            open_catalogue(root)

    def test_bytes_that_are_no_text(self, root: Path, name: str) -> None:
        lines = (root / name).read_bytes().splitlines()
        lines[4] = b"\xff" + lines[4]
        (root / name).write_bytes(b"\n".join(lines))
        with pytest.raises(CatalogueError, match=rf"{name}, line 5: byte 0xff is not UTF-8"):
            open_catalogue(root)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (CATEGORY_LIST, replaced(" 26", " 51"), "line 4: category 51 is unknown, .* has 1 to 50; correct"),
        (CATEGORY_LIST, replaced(" 26", " 0"), "line 4: category 0 is unknown"),
        (CATEGORY_LIST, replaced(" 26", " jeans"), "line 4: 'jeans' is not a whole number; correct"),
        (CATEGORY_LIST, replaced(B, A), f"line 4: {A} is also on line 3; remove"),
        (CATEGORY_LIST, replaced(A, "img/x.jpg"), r"line 3: img/x\.jpg is not in .*list_eval_partition\.txt; add"),
        (CATEGORY_LIST, lambda text: text + "img/z.jpg 3 4\n", "line 1: says 4 rows, but 5 follow"),
        (BOX_LIST, replaced(B, A), f"line 4: {A} is also on line 3; remove"),
        (BOX_LIST, replaced(B, "img/x.jpg"), rf"list_category_img\.txt, line 4: {B} is not in .*list_bbox\.txt; add"),
        (BOX_LIST, replaced("072 079", "072 079.5"), "line 3: '079.5' is not a whole number; correct"),
        (BOX_LIST, replaced("072 079", "072 1_0"), "line 3: '1_0' is not a whole number"),
        (BOX_LIST, replaced("072 079", "072 " + "9" * 5000), "line 3: .* is not a whole number"),
        (BOX_LIST, replaced("072 079", "072"), "line 3: has 4 fields separated by whitespace, not 5; copy"),
        (BOX_LIST, replaced("072 079", "072 079 1"), "line 3: has 6 fields"),
        (BOX_LIST, replaced(f"{B}", "\n"), "line 1: says 4 rows, but 5 follow"),
        (
            PARTITION_LIST,
            replaced(" val", " valid"),
            "line 5: partition 'valid' is unknown, there are train, val, test",
        ),
        (PARTITION_LIST, replaced(C, B), f"line 5: {B} is also on line 4; remove"),
        (NAME_LIST, replaced("Blazer ", "Anorak "), "line 4: 'Anorak' appears twice; rename"),
        (NAME_LIST, replaced("Blazer         1", "Blazer         one"), "line 4: 'Blazer .*one' is not a name and a"),
    ],
)
def test_faults_are_named_with_line_and_mend(root: Path, name: str, change: Callable[[str], str], message: str) -> None:
    (root / name).write_text(change((root / name).read_text()))
    with pytest.raises(CatalogueError, match=message) as caught:
        open_catalogue(root)
    assert str(root) in str(caught.value)


def test_an_image_that_one_list_lacks_is_named_where_it_stands(root: Path) -> None:
    _, header, *rows = (root / PARTITION_LIST).read_text().splitlines()
    (root / PARTITION_LIST).write_text("\n".join(["3", header, rows[0], rows[1], rows[3]]))
    with pytest.raises(CatalogueError, match=rf"list_category_img\.txt, line 5: {C} is not in .*list_eval_partition"):
        open_catalogue(root)
    (root / PARTITION_LIST).write_text("\n".join(["5", header, *rows, "img/extra.jpg train"]))
    with pytest.raises(CatalogueError, match=r"list_eval_partition\.txt, line 7: img/extra\.jpg is not in .*category"):
        open_catalogue(root)


def test_an_id_that_cannot_be_addressed_is_named(tmp_path: Path) -> None:
    root = DeepFashionTree([Row(A), Row("img/../../etc/x.jpg")]).write(tmp_path / "bad")
    with pytest.raises(CatalogueError, match=r"list_category_img\.txt, line 4: id .* '\.\.' segment"):
        open_catalogue(root)


@pytest.mark.parametrize("box", [(-1, 0, 5, 5), (5, 0, 5, 5), (6, 0, 5, 5), (0, 9, 5, 3)])
def test_a_box_that_is_none_gives_no_crop(tmp_path: Path, box: tuple[int, int, int, int]) -> None:
    root = DeepFashionTree([Row(A, box=box)]).write(tmp_path / "boxes")
    assert open_catalogue(root).items[0].crop is None


def test_full_size_is_read_within_five_seconds(tmp_path: Path) -> None:
    rng = random.Random(0)
    images = 289_222
    categories = rng.choices(range(1, 51), k=images)
    partitions = rng.choices(("train", "val", "test"), (209_222, 40_000, 40_000), k=images)
    rows = [
        Row(
            image_name(f"Sheer_Pleated-Front_Blouse_{number // 60}", number % 60 + 1),
            categories[number],
            partitions[number],
            (number % 97, number % 89, 150 + number % 150, 160 + number % 140),
        )
        for number in range(images)
    ]
    root = DeepFashionTree(rows).write(tmp_path / "full")
    # Reading waits for nothing, so its processor time is what it takes where no neighbour takes a share.
    started = time.process_time()
    catalogue = open_catalogue(root)
    seconds = time.process_time() - started
    assert len(catalogue.items) == sum(category <= 20 for category in categories)
    last = max(number for number in range(images) if categories[number] <= 20)
    assert catalogue.items[-1] == Item(
        rows[last].image,
        rows[last].image,
        {"category": CATEGORIES[categories[last] - 1]},
        rows[last].box,
        partitions[last],
    )
    assert seconds < 5, f"took {seconds:.2f} s"

"""Faults in the lists of DeepFashion In-shop, and its protocol."""

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.errors import CatalogueError
from model.catalogue.deepfashion_inshop_protocol import OFFICIAL_IMAGES
from model.catalogue.opening import open_catalogue
from tests.model.deepfashion_tree import write_list
from tests.model.inshop_sample import (
    BOXES,
    COLOURS,
    DENIM_FLAT,
    DENIM_FRONT,
    DRESS_FRONT,
    PARTITIONS,
    SHOTS,
    change_line,
)
from tests.model.inshop_tree import InshopTree, Shot, shot_name


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return InshopTree(SHOTS, colours=COLOURS).write(tmp_path / "In-shop Clothes Retrieval Benchmark")


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
        (PARTITIONS, 3, lambda line: line.replace("train", "val"), "status 'val' is not one of train, query, gallery"),
        (PARTITIONS, 6, lambda line: line + " x", "has 4 fields separated by whitespace, not 3"),
        (PARTITIONS, 3, lambda line: line.replace("WOMEN", "KIDS"), "is not a path like img/WOMEN/Dresses/"),
        (PARTITIONS, 3, lambda line: line.replace("/id_00000002", ""), "is not a path like img/WOMEN/Dresses/"),
        (PARTITIONS, 3, lambda line: line.replace("Dresses", ".."), "has an empty, '.' or '..' segment"),
        (BOXES, 3, lambda line: line.replace("  3  1", "  4  1"), r"clothes type '4' is not one of 1 \(upper-body\)"),
        (BOXES, 3, lambda line: line.replace("  3  1", "  3  7"), r"pose type '7' is not one of 1 \(frontal\)"),
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

"""The drawn catalogue: complete, deterministic, in DeepFashion's layout."""

import csv
import io
import multiprocessing
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contracts.errors import CatalogueError
from contracts.items import check_item_id
from sample.archive import ARCHIVE, SampleArchive
from sample.embeddings import EMBEDDINGS_FOLDER
from tests.built_once import built_once
from tools.draw_catalogue.archive import write_archive
from tools.draw_catalogue.catalogue import draw_catalogue
from tools.draw_catalogue.drawing import draw_all
from tools.draw_catalogue.plan import plan_pictures
from tools.draw_catalogue.ranges import CATEGORIES

PICTURES = 24
ROOT = Path(__file__).parents[3]
Files = Mapping[str, bytes]


def read_list(content: bytes) -> tuple[str, list[list[str]]]:
    count, header, *rows = content.decode().splitlines()
    assert int(count) == len(rows)
    return header, [row.split() for row in rows]


def read_attributes(catalogue: Files) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(catalogue["attributes.csv"].decode())))


def run(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tools.draw_catalogue", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def draw(folder: Path) -> None:
    drawn = run("--out", str(folder / "small.zip"), "--pictures", str(PICTURES), "--seed", "3")
    assert drawn.returncode == 0, drawn.stderr
    (folder / "said").write_text(drawn.stdout)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the command wrote and, in `said`, what it printed."""
    return built_once(tmp_path_factory, "drawn", draw)


@pytest.fixture(scope="module")
def catalogue(drawn: Path) -> Files:
    with SampleArchive(drawn / "small.zip") as archive:
        return {name: archive.read(name) for name in archive.seals if not name.startswith(EMBEDDINGS_FOLDER)}


def test_same_seed_gives_the_same_bytes_with_another_number_of_processes(catalogue: Files) -> None:
    seen: list[tuple[int, int]] = []
    processes = len(os.sched_getaffinity(0)) + 1
    again = draw_catalogue(
        pictures=PICTURES, seed=3, processes=processes, progress=lambda done, of: seen.append((done, of))
    )
    assert again == catalogue
    assert seen == [(done, PICTURES) for done in range(1, PICTURES + 1)]


def test_another_seed_draws_other_pictures(catalogue: Files) -> None:
    other = draw_all(plan_pictures(PICTURES, 4)[:3], processes=1, progress=lambda _done, _of: None)
    assert not {picture.webp for picture in other.values()} & set(catalogue.values())


def test_every_list_names_every_picture(catalogue: Files) -> None:
    drawn = sorted(name for name in catalogue if name.endswith(".webp"))
    assert len(drawn) == PICTURES
    for name, columns in (
        ("Anno/list_bbox.txt", "image_name x_1 y_1 x_2 y_2"),
        ("Anno/list_category_img.txt", "image_name category_label"),
        ("Eval/list_eval_partition.txt", "image_name evaluation_status"),
    ):
        header, rows = read_list(catalogue[name])
        assert header == columns
        assert [row[0] for row in rows] == drawn
    assert [row["id"] for row in read_attributes(catalogue)] == drawn
    for item_id in drawn:
        check_item_id(item_id)


def test_all_twenty_categories_are_there_and_numbered_as_deepfashion_does(catalogue: Files) -> None:
    header, rows = read_list(catalogue["Anno/list_category_cloth.txt"])
    assert header == "category_name category_type"
    assert rows == [[name, "1"] for name in CATEGORIES]
    assert (rows[0][0], rows[5][0], rows[17][0], rows[19][0]) == ("Anorak", "Cardigan", "Tee", "Turtleneck")
    _, labels = read_list(catalogue["Anno/list_category_img.txt"])
    counts = Counter(int(label) for _, label in labels)
    assert set(counts) == set(range(1, 21))
    assert max(counts.values()) - min(counts.values()) <= 1
    named = {row["id"]: row["category"] for row in read_attributes(catalogue)}
    assert {path: CATEGORIES[int(label) - 1] for path, label in labels} == named


def test_attributes_say_what_a_shop_filters_by(catalogue: Files) -> None:
    rows = read_attributes(catalogue)
    for row in rows:
        assert float(row["price"]) > 0
        assert row["title"].startswith(row["colour"])
        assert row["style"] == row["id"].split("/")[1]
        assert all(row[column] for column in row if column != "accent_colour")
    assert len({row["colour"] for row in rows}) > 10
    assert len({row["pattern"] for row in rows}) > 4


def test_boxes_lie_around_the_garments(catalogue: Files) -> None:
    _, rows = read_list(catalogue["Anno/list_bbox.txt"])
    for path, *corners in rows:
        left, top, right, bottom = map(int, corners)
        with Image.open(io.BytesIO(catalogue[path])) as image:
            assert image.format == "WEBP"
            pixels = np.asarray(image.convert("RGB"), dtype=np.float64)
        height, width = pixels.shape[:2]
        assert (height, width) == (400, 300)
        assert 0 <= left < right <= width
        assert 0 <= top < bottom <= height
        assert (right - left) * (bottom - top) > 0.2 * width * height
        # What differs clearly from the pale background, brightness falling off and shadow included, is the garment.
        vivid = (np.ptp(pixels, axis=2) > 40) | (pixels.mean(axis=2) < 110)
        outside = vivid.copy()
        outside[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2] = False
        assert outside.mean() < 0.001, path


@pytest.mark.parametrize("processes", [1, 2])
def test_an_interruption_ends_all_of_it(processes: int) -> None:
    def interrupt(done: int, of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw_catalogue(pictures=40, seed=0, processes=processes, progress=interrupt)
    assert multiprocessing.active_children() == []


def test_a_drawing_process_that_dies_is_reported() -> None:
    def kill_one(done: int, of: int) -> None:
        if done == 1:
            multiprocessing.active_children()[0].kill()

    with pytest.raises(CatalogueError, match="ended after"):
        draw_catalogue(pictures=20, seed=0, processes=2, progress=kill_one)


def test_an_archive_of_the_same_files_has_the_same_bytes(catalogue: Files, tmp_path: Path) -> None:
    for name, files in (("one", catalogue), ("two", dict(reversed(list(catalogue.items()))))):
        write_archive(tmp_path / f"{name}.zip", files)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with SampleArchive(tmp_path / "one.zip") as archive:
        assert {name: archive.read(name) for name in archive.seals} == catalogue


def test_the_shipped_pictures_are_those_that_it_draws() -> None:
    """Who changes the drawings makes the archive again."""
    chosen = plan_pictures(1200, 0)[::300]
    with SampleArchive(ARCHIVE) as archive:
        for path, picture in draw_all(chosen, processes=1, progress=lambda _done, _of: None).items():
            shipped, drawn = (
                np.asarray(Image.open(io.BytesIO(content)), dtype=np.float64)
                for content in (archive.read(path), picture.webp)
            )
            # The last digits differ from processor to processor, and with them a byte here and there.
            assert np.abs(shipped - drawn).mean() < 1.0, path


def test_the_command_says_what_it_wrote(drawn: Path) -> None:
    assert (drawn / "said").read_text().startswith(f"{drawn / 'small.zip'}: {PICTURES} pictures, 0.")


def test_impossible_orders_are_refused(tmp_path: Path) -> None:
    refused = run("--out", str(tmp_path / "small.zip"), "--pictures", "19")
    assert refused.returncode == 2
    assert "--pictures must be at least 20" in refused.stderr

"""The sample catalogue on disk: complete, deterministic, in DeepFashion's layout."""

import csv
import hashlib
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from contracts.errors import CatalogueError
from contracts.items import check_item_id
from sample.catalogue import MARKER, draw_catalogue
from sample.ranges import CATEGORIES

PICTURES = 24
ROOT = Path(__file__).parents[2]
Row = list[str]


def digest(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def read_list(path: Path) -> tuple[str, list[Row]]:
    count, header, *rows = path.read_text().splitlines()
    assert int(count) == len(rows)
    return header, [row.split() for row in rows]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sample") / "catalogue"
    draw_catalogue(root, pictures=PICTURES, seed=3, processes=1)
    return root


def test_same_seed_gives_the_same_bytes_with_another_number_of_processes(catalogue: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    draw_catalogue(
        tmp_path / "again", pictures=PICTURES, seed=3, processes=2, progress=lambda done, of: seen.append((done, of))
    )
    assert digest(tmp_path / "again") == digest(catalogue)
    assert seen == [(done, PICTURES) for done in range(1, PICTURES + 1)]


def test_another_seed_draws_other_pictures(catalogue: Path, tmp_path: Path) -> None:
    draw_catalogue(tmp_path / "other", pictures=20, seed=4, processes=1)
    other = {value for name, value in digest(tmp_path / "other").items() if name.endswith(".jpg")}
    assert not other & set(digest(catalogue).values())


def test_every_list_names_every_picture(catalogue: Path) -> None:
    drawn = sorted(path.relative_to(catalogue).as_posix() for path in (catalogue / "img").rglob("*.jpg"))
    assert len(drawn) == PICTURES
    for name, columns in (
        ("Anno/list_bbox.txt", "image_name x_1 y_1 x_2 y_2"),
        ("Anno/list_category_img.txt", "image_name category_label"),
        ("Eval/list_eval_partition.txt", "image_name evaluation_status"),
    ):
        header, rows = read_list(catalogue / name)
        assert header == columns
        assert [row[0] for row in rows] == drawn
    with (catalogue / "attributes.csv").open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == drawn
    for item_id in drawn:
        check_item_id(item_id)


def test_all_twenty_categories_are_there_and_numbered_as_deepfashion_does(catalogue: Path) -> None:
    header, rows = read_list(catalogue / "Anno/list_category_cloth.txt")
    assert header == "category_name category_type"
    assert rows == [[name, "1"] for name in CATEGORIES]
    assert (rows[0][0], rows[5][0], rows[17][0], rows[19][0]) == ("Anorak", "Cardigan", "Tee", "Turtleneck")
    _, labels = read_list(catalogue / "Anno/list_category_img.txt")
    counts = Counter(int(label) for _, label in labels)
    assert set(counts) == set(range(1, 21))
    assert max(counts.values()) - min(counts.values()) <= 1
    with (catalogue / "attributes.csv").open(newline="") as file:
        named = {row["id"]: row["category"] for row in csv.DictReader(file)}
    assert {path: CATEGORIES[int(label) - 1] for path, label in labels} == named


def test_attributes_say_what_a_shop_filters_by(catalogue: Path) -> None:
    with (catalogue / "attributes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert float(row["price"]) > 0
        assert row["title"].startswith(row["colour"])
        assert row["style"] == row["id"].split("/")[1]
        assert all(row[column] for column in row if column != "accent_colour")
    assert len({row["colour"] for row in rows}) > 10
    assert len({row["pattern"] for row in rows}) > 4


def test_boxes_lie_around_the_garments(catalogue: Path) -> None:
    _, rows = read_list(catalogue / "Anno/list_bbox.txt")
    for path, *corners in rows:
        left, top, right, bottom = map(int, corners)
        with Image.open(catalogue / path) as image:
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


def test_a_second_call_does_nothing(catalogue: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in catalogue.rglob("*")}

    def refuse(done: int, of: int) -> None:
        raise AssertionError("drew again")

    draw_catalogue(catalogue, pictures=PICTURES, seed=3, progress=refuse)
    assert {path: path.stat().st_mtime_ns for path in catalogue.rglob("*")} == before


def test_another_size_replaces_the_catalogue(tmp_path: Path) -> None:
    root = tmp_path / "catalogue"
    (root / "img" / "Old_Tee").mkdir(parents=True)
    (root / "img" / "Old_Tee" / "img_00000001.jpg").write_bytes(b"of another size")
    (root / MARKER).write_text('{"format": "lookalike-sample", "version": 1, "seed": 1, "pictures": 20}')
    draw_catalogue(root, pictures=21, seed=1, processes=1)
    assert len(list(root.rglob("*.jpg"))) == 21


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"mine")
    with pytest.raises(CatalogueError, match="not a sample catalogue"):
        draw_catalogue(tmp_path, pictures=20)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


@pytest.mark.parametrize(("pictures", "seed"), [(19, 0), (20, -1)])
def test_impossible_orders_are_refused(tmp_path: Path, pictures: int, seed: int) -> None:
    with pytest.raises(ValueError, match="at least 20 pictures"):
        draw_catalogue(tmp_path / "catalogue", pictures=pictures, seed=seed)


@pytest.mark.parametrize("processes", [1, 2])
def test_an_interrupted_call_leaves_nothing(tmp_path: Path, processes: int) -> None:
    def interrupt(done: int, of: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw_catalogue(tmp_path / "catalogue", pictures=40, processes=processes, progress=interrupt)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_call_leaves_nothing_that_looks_whole(tmp_path: Path) -> None:
    root = tmp_path / "catalogue"
    code = (
        "import os, signal, sys; from pathlib import Path; from sample.catalogue import draw_catalogue\n"
        "def die(done, of):\n"
        "    if done == 3: os.kill(os.getpid(), signal.SIGKILL)\n"
        "draw_catalogue(Path(sys.argv[1]), pictures=40, processes=1, progress=die)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code, str(root)], env=environment, cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not root.exists()
    assert len(list(tmp_path.iterdir())) == 1
    draw_catalogue(root, pictures=20, processes=1)
    assert list(tmp_path.iterdir()) == [root]


def test_a_worker_that_dies_is_reported(tmp_path: Path) -> None:
    import multiprocessing

    def kill_one(done: int, of: int) -> None:
        if done == 1:
            multiprocessing.active_children()[0].kill()

    progress: Callable[[int, int], None] = kill_one
    with pytest.raises(CatalogueError, match="ended after"):
        draw_catalogue(tmp_path / "catalogue", pictures=40, processes=2, progress=progress)
    assert list(tmp_path.iterdir()) == []

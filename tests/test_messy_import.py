"""A shop's messy list, through `extract`, `index build` and a real server."""

import csv
import json
import unicodedata
from pathlib import Path

import pytest

from lookalike import main
from tests.api.real_server import running
from tests.api.small_catalogue import draw, encode

pytestmark = [pytest.mark.services, pytest.mark.timeout(120)]

HEADER = ",Id, Image ,colour,note\n"
GOOD = 16


def write_shop(root: Path, *, bad: str = "") -> Path:
    (root / "images").mkdir(parents=True)
    for number in range(GOOD):
        (root / "images" / f"{number}.png").write_bytes(encode(draw(number), "PNG"))
    decomposed = unicodedata.normalize("NFD", "jupé")
    (root / "images" / "0.png").rename(root / "images" / f"{decomposed}.PNG")
    rows = [f"0,{decomposed},images/jupé.png,E\u0301cru,", "1,s1,/images/1.png,\u00c9cru ,"]
    rows += [f"{number},s{number},images/{number}.png,Black,x" for number in range(2, GOOD)]
    path = root / "items.csv"
    path.write_text(HEADER + "\n".join(rows) + "\n" + bad, encoding="utf-8")
    return path


def extract(path: Path, out: Path, *options: str) -> int:
    return main(["extract", str(path), "--out", str(out), "--network", "efficientnet_lite0", *options])


def listed(out: Path) -> list[tuple[str, str]]:
    with (out / "bad_rows.csv").open(newline="", encoding="utf-8") as stream:
        return [(row["row"], row["value"]) for row in csv.DictReader(stream)]


def test_the_good_rows_are_served_and_the_bad_ones_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = "16,jup\u00e9,images/2.png,Red,\n17,s17,,Red,\n,,,,\n18,s18,images/3.png\n"
    path, out = write_shop(tmp_path / "shop", bad=bad), tmp_path / "embeddings"
    assert extract(path, out) == 0
    printed = capsys.readouterr()
    assert f"items read: {GOOD}; bad rows skipped: 4, listed in {out / 'bad_rows.csv'}" in printed.err
    assert f"{GOOD} items in {out}" in printed.out
    assert listed(out) == [("18", "jupé"), ("19", ""), ("20", ""), ("21", "18,s18,images/3.png")]
    assert main(["index", "build", str(out), "--out", str(tmp_path / "bundles"), "--components", "4"]) == 0
    with running(tmp_path / "bundles") as server:
        status, body = server.curl("/items/jup%C3%A9")
        assert (status, json.loads(body)["attributes"]) == (200, {"colour": "Écru"})
        assert json.loads(server.curl("/items?filter=colour:%C3%89cru,%20Red")[1])["total"] == 2


def test_too_many_bad_rows_leave_the_embeddings_as_they_were(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = write_shop(tmp_path / "shop"), tmp_path / "embeddings"
    assert extract(path, out) == 0
    before = (out / "manifest.json").read_bytes()
    path.write_text(path.read_text() + "".join(f"{number},b{number},,Red,\n" for number in range(5)))
    capsys.readouterr()
    assert extract(path, out) == 1
    assert "5 of 21 rows failed, over 20%" in capsys.readouterr().err
    assert len(listed(out)) == 5
    assert (out / "manifest.json").read_bytes() == before
    assert extract(path, out, "--strict") == 1
    assert "line 18" in capsys.readouterr().err
    assert extract(path, out, "--max-failed", "25%") == 0


def test_missing_pictures_count_as_failed_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = write_shop(tmp_path / "shop"), tmp_path / "embeddings"
    for number in range(2, 6):
        (path.parent / "images" / f"{number}.png").unlink()
    assert extract(path, out, "--strict") == 1
    assert "the picture of item 's2' cannot be used: images/2.png cannot be read" in capsys.readouterr().err
    assert extract(path, out) == 1
    assert "4 of 16 rows failed, over 20%; 4 pictures could not be read" in capsys.readouterr().err
    assert not (out / "manifest.json").exists()
    assert extract(path, out, "--max-failed", "0.25") == 0
    assert "0 pictures embedded" in capsys.readouterr().out


def test_links_are_followed_when_that_is_allowed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = write_shop(tmp_path / "shop"), tmp_path / "embeddings"
    (path.parent / "images").rename(tmp_path / "elsewhere")
    (path.parent / "images").symlink_to(tmp_path / "elsewhere")
    assert extract(path, out) == 1
    assert "none of the 16 pictures could be read" in capsys.readouterr().err
    assert extract(path, out, "--follow-links") == 0
    assert "16 added" in capsys.readouterr().out

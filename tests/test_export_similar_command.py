"""`lookalike export-similar`: the answers of the API, written down."""

import csv
import io
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.app import create_app
from api.settings import ApiSettings
from index.building import build_bundle
from index.bundle import open_current
from index.compaction import compact, make_current
from lookalike import main
from tests.api.conftest import connected
from tests.api.fake_embedder import FakeEmbedder
from tests.drawn_sets import draw_embeddings, draw_items, draw_set
from tests.full_disk import files_of_at_most
from tests.index.fresh_bundle import Truth, changed

NOW = datetime(2026, 11, 27, tzinfo=UTC)
FORMULAS = ("=1+1", "-5", "+5", "@cmd", 'a,"b"', "\uff1d1")
ROWS = 430
_STEP = 13


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More items than are re-ranked, some of which have the same picture."""
    folder = tmp_path_factory.mktemp("exported")
    embeddings = draw_embeddings(ROWS)
    embeddings[50:60] = embeddings[40]
    items = draw_items(ROWS)
    for row, item_id in enumerate(FORMULAS):
        items[row] = replace(items[row], id=item_id)
    drawn = replace(draw_set(embeddings=embeddings, items=items), catalogue_root=str(folder))
    build_bundle(drawn, folder / "bundles", components=8, now=NOW)
    return folder / "bundles"


def export(bundles: Path, out: Path, *options: str) -> str:
    assert main(["export-similar", str(bundles), "--out", str(out), *options]) == 0
    return out.read_text("utf-8")


async def answers(bundles: Path, k: int, rerank: int = 400) -> list[dict[str, Any]]:
    """What the API says of each item."""
    bundle = open_current(bundles)
    settings = ApiSettings(redis_url="redis://127.0.0.1:1/0", answer_cache_bytes=0, rerank=rerank)
    app = create_app(settings, bundle, FakeEmbedder())
    found = []
    async with connected(app) as client:
        for row in range(0, len(bundle.items), _STEP):
            item_id = bundle.items.id(row)
            url = f"/items/{httpx2.URL(path='/' + item_id).raw_path.decode()[1:]}/similar?limit={k}"
            answer = await client.get(url)
            assert answer.status_code == 200, answer.text
            items = [{"id": item["id"], "score": item["score"]} for item in answer.json()["items"]]
            found.append({"id": item_id, "items": items})
    return found


@pytest.mark.parametrize(("k", "rerank"), [(24, None), (24, 10), (100, 0)])
async def test_it_is_what_the_api_answers(bundles: Path, tmp_path: Path, k: int, rerank: int | None) -> None:
    options = [] if rerank is None else ["--rerank", str(rerank)]
    lines = export(bundles, tmp_path / "out.jsonl", "--k", str(k), *options).splitlines()
    written = [json.loads(line) for line in lines]
    assert len(written) == ROWS
    assert written[::_STEP] == await answers(bundles, k, 400 if rerank is None else rerank)
    assert all(len(line["items"]) == k for line in written)


async def test_bundles_of_a_live_catalogue_too(bundles: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundles"
    shutil.copytree(bundles, folder)
    base, new = open_current(folder), draw_embeddings(3, seed=7)
    gone = [base.items.id(row) for row in (3, 200)]
    changes = [changed(None, item_id, 10 + place, base.items.row(item_id) or 0) for place, item_id in enumerate(gone)]
    for place, item in enumerate(draw_items(3)):
        truth = Truth(5000 + place, replace(item, id=f"new/{place}"), new[place])
        changes.append(changed(truth, f"new/{place}", 20 + place, truth.number))
    catalogue = "0f8fad5b-d9cb-469f-a165-70867728950e"
    version = compact(base, changes, folder, sequence=50, catalogue=catalogue, now=datetime.now(UTC))
    assert make_current(folder, version, instead_of=base.version)
    written = [json.loads(line) for line in export(folder, tmp_path / "out.jsonl").splitlines()]
    assert len(written) == ROWS + 1
    assert written[::_STEP] == await answers(folder, 24)
    ids = {line["id"] for line in written}
    assert ids.isdisjoint(gone)
    assert "new/2" in ids


def test_csv_for_a_spreadsheet(bundles: Path, tmp_path: Path) -> None:
    text = export(bundles, tmp_path / "out.csv", "--format", "csv", "--k", "3")
    lines = [json.loads(line) for line in export(bundles, tmp_path / "out.jsonl", "--k", "3").splitlines()]
    header, *rows = csv.reader(io.StringIO(text, newline=""))
    assert header == ["id", "rank", "similar_id", "score"]
    expected = [
        [line["id"], str(rank), item["id"], repr(item["score"])]
        for line in lines
        for rank, item in enumerate(line["items"], 1)
    ]
    for row in expected:
        for cell in (0, 2):
            row[cell] = f"'{row[cell]}" if row[cell] in FORMULAS and row[cell] != 'a,"b"' else row[cell]
    assert rows == expected
    assert {row[0] for row in rows} >= {"'=1+1", "'-5", "'+5", "'@cmd", 'a,"b"', "'\uff1d1"}


def test_stdout_has_the_lines_and_stderr_the_progress(bundles: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["export-similar", str(bundles), "--k", "2"]) == 0
    out, err = capfdbinary.readouterr()
    assert len(out.splitlines()) == ROWS
    assert all(json.loads(line)["items"] for line in out.splitlines())
    assert b"Searching" in err


def test_a_reader_that_has_enough(bundles: Path) -> None:
    command = f"{sys.executable} -m lookalike export-similar {bundles} --k 100 | head -n 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["id"] == FORMULAS[0]
    assert "Traceback" not in done.stderr
    assert "lookalike:" not in done.stderr


def test_a_file_is_replaced_whole_or_not_at_all(
    bundles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("before")
    with files_of_at_most(100_000):
        assert main(["export-similar", str(bundles), "--out", str(out)]) == 1
    assert "free some space" in capsys.readouterr().err
    assert out.read_text() == "before"
    assert [file.name for file in tmp_path.iterdir()] == ["out.jsonl"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--k", "0"], "must be at least 1"),
        (["--k", "1001"], "must be at most 1000"),
        (["--k", "many"], "invalid"),
        (["--format", "xml"], "invalid choice: 'xml'"),
        (["--rerank", "-1"], "must be 0 or more"),
    ],
)
def test_wrong_usage(bundles: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["export-similar", str(bundles), *options])
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("bundles_name", "out", "said"),
    [("nowhere", "out.jsonl", "nowhere"), ("bundles", "missing/out.jsonl", "missing"), ("bundles", "", "")],
)
def test_missing_folders(
    bundles: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], bundles_name: str, out: str, said: str
) -> None:
    folder = bundles if bundles_name == "bundles" else tmp_path / bundles_name
    assert main(["export-similar", str(folder), "--out", str(tmp_path / out)]) == 1
    error = capsys.readouterr().err
    assert "lookalike: " in error
    assert said in error

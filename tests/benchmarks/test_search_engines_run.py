"""The benchmark of search engines runs whole, on little: a real PostgreSQL beside ours and faiss."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from contracts.errors import BenchmarkError
from engines.opening import open_engine
from lookalike import main
from tests.catalogue.postgresql_server import postgresql_server
from tests.engines.postgresql_servers import search_database
from tests.index.version_folders import add_version, shop


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgresql_server() as server, search_database(server) as url:
        yield url


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("searched") / "bundles"
    add_version(folder, shop(120), 0)
    return folder


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[str, dict[str, object]]:
    assert main(["benchmark", "search-engines", *map(str, arguments), "--queries", "8", "--rounds", "2"]) == 0
    printed = capsys.readouterr().out
    return printed, json.loads(printed.splitlines()[-1])


def test_a_real_catalogue_exact_and_approximate(bundles: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    printed, found = run(capsys, bundles, "--to", url)
    engines = found["engines"]
    assert isinstance(engines, list)
    names = ["ours, 1 thread", "faiss IndexFlatIP, 1 thread", "postgresql, exact", "postgresql, approximate"]
    assert [engine["name"] for engine in engines] == names
    assert all(name in printed for name in names)
    assert found["items"] == 116
    for engine in engines:
        assert 0 < engine["nearest"]["p50"] <= engine["nearest"]["p99"]
        assert engine["items_per_s"] > 0
        assert engine["bytes_per_item"] > 0
    ours, faiss, exact, _ = engines
    assert ours["nearest"]["ratio"] == ours["recall"] == ours["page"]["ratio"] == ours["same_page"] == 1.0
    assert faiss["page"] is None
    assert (exact["recall"], exact["same_page"]) == (1.0, 1.0)
    with closing(open_engine(url)) as engine:
        assert engine.versions() == []


def test_drawn_items_have_no_pages(bundles: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, found = run(capsys, bundles, "--items", "150", "--to", url, "--only", "exact")
    engines = found["engines"]
    assert isinstance(engines, list)
    assert (found["items"], [engine["page"] for engine in engines]) == (150, [None] * 3)
    assert engines[-1]["recall"] == 1.0


def test_options_that_do_not_fit_are_refused(bundles: Path) -> None:
    from benchmarks.search_engines.running import EnginesOptions

    with pytest.raises(BenchmarkError, match="--items"):
        EnginesOptions(bundles=None, urls=[])
    with pytest.raises(BenchmarkError, match="--rounds"):
        EnginesOptions(bundles=bundles, urls=[], queries=4, rounds=5)

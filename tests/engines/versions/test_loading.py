"""Versions that are loaded into a real PostgreSQL by the console command, also by one that is killed."""

import os
import re
import signal
import threading
from contextlib import closing
from pathlib import Path

import pytest

from contracts.errors import EngineError
from contracts.progress import Progress
from engines.engine import Engine
from engines.opening import open_engine
from engines.postgresql import loading
from index.bundle import open_bundle
from index.bundle_manifest import ITEMS
from index.current_version import set_current
from index.part_searcher import PartSearcher
from index.query import SearchQuery
from index.versions.held_versions import searcher_in
from lookalike import main
from storage.embeddings_folder import write_embeddings
from tests.catalogue.postgresql_server import PostgresqlServer
from tests.engines.versions.serving import current_in
from tests.index.version_folders import shop


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_the_command_says_what_it_did_and_what_is_next(
    versions: tuple[Path, str, str], url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles, first, second = versions
    status, out, err = run(capsys, "index", "load", bundles, second, "--to", url)
    assert (status, "Loading" in err) == (0, True)
    assert re.search(rf"{second}: 62 items loaded into postgresql://\S+ in \d+\.\d s \(\d[\d,]* a second\)", out)
    assert f"lookalike index promote {bundles} {second}" in out
    assert "is the current version" in run(capsys, "index", "load", bundles, "--to", url)[1]
    assert current_in(url) == [first]
    monkeypatch.setenv("LOOKALIKE_SEARCH_URL", url)
    status, out, _ = run(capsys, "index", "load", bundles, second)
    assert (status, "holds all its 62 items already" in out) == (0, True)
    listed = run(capsys, "index", "list", bundles)[1].splitlines()
    assert [re.sub(".*  engine: ", "", line) for line in listed] == ["exact", "exact"]
    assert run(capsys, "index", "promote", bundles, second, "--offline", "--min-overlap", "0.2")[0] == 0
    assert current_in(url) == [second]
    assert run(capsys, "index", "rollback", bundles, "--offline")[0] == 0
    assert current_in(url) == [first]
    assert run(capsys, "index", "unload", bundles, first)[0] == 1
    assert "removed from" in run(capsys, "index", "unload", bundles, second)[1]
    assert "does not hold it" in run(capsys, "index", "unload", bundles, second)[1]
    assert "not loaded" in run(capsys, "index", "list", bundles)[1]


def test_recall_is_said_and_listed(
    versions: tuple[Path, str, str], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bundles, _, second = versions
    status, out, _ = run(capsys, "index", "load", bundles, second, "--to", url, "--approximate")
    assert status == 0
    assert re.search(r"; recall [01]\.\d{4} \(62 queries\)", out)
    assert re.search(
        r"engine: approximate, recall [01]\.\d{4}", run(capsys, "index", "list", bundles, "--search-url", url)[1]
    )
    status, _, err = run(capsys, "index", "load", bundles, second, "--to", url)
    assert (status, "loaded to be approximate" in err) == (1, True)


def test_a_first_build_says_that_the_engine_lacks_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_embeddings(tmp_path / "embeddings", shop(40))
    monkeypatch.setenv("LOOKALIKE_SEARCH_URL", "postgresql://me@127.0.0.1:9/x")
    _, out, _ = run(capsys, "index", "build", tmp_path / "embeddings", "--out", tmp_path / "bundles")
    assert f"lookalike index load {tmp_path / 'bundles'}" in out


@pytest.mark.parametrize("after", [0, 20, 40, 60])
def test_a_killed_load_goes_on_where_it_stopped(
    versions: tuple[Path, str, str], url: str, engine: Engine, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    monkeypatch.setattr(loading, "_AT_ONCE", 20)
    bundles, first, _ = versions
    child = os.fork()
    if child == 0:
        with closing(open_engine(url)) as own:
            load_killed(own, bundles, first, after)
        os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    (held,) = engine.versions()
    assert (held.loaded, held.items, held.complete) == (after, 60, False)
    seen: list[int] = []

    def note(done: int, _total: int, _figures: str = "", /) -> None:
        seen.append(done)

    wait_for_the_end_of(engine, bundles, first, note)
    assert seen == list(range(after, 61, 20)) or (after, seen) == (60, [60])
    bundle = open_bundle(bundles / first)
    there, here = searcher_in(engine, bundle), PartSearcher.of(bundle)
    query = SearchQuery(limit=60)
    assert there.find_like(query, "i7") == here.find_like(query, "i7")


def load_killed(engine: Engine, bundles: Path, version: str, after: int) -> None:
    def kill(done: int, _total: int, _figures: str = "", /) -> None:
        if done == after:
            os.kill(os.getpid(), signal.SIGKILL)

    engine.load(open_bundle(bundles / version), progress=kill)


def wait_for_the_end_of(engine: Engine, bundles: Path, version: str, progress: Progress) -> None:
    """Load again; the server may take a moment to see that the one before is dead."""
    bundle = open_bundle(bundles / version)
    pause = threading.Event()
    for _ in range(100):
        try:
            engine.load(bundle, progress=progress)
        except EngineError as error:
            if "another process is loading" not in str(error):
                raise
            pause.wait(0.05)
        else:
            return
    pytest.fail("the killed load is never given up")


def test_what_cannot_work_is_refused_with_a_sentence(
    versions: tuple[Path, str, str],
    url: str,
    search_server: PostgresqlServer,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundles, _, second = versions
    monkeypatch.delenv("LOOKALIKE_SEARCH_URL", raising=False)
    without = search_server.make_database()
    damaged = bundles / second / ITEMS
    content = damaged.read_bytes()
    damaged.write_bytes(content[:-1])
    refusals = {
        ("no search engine is named; pass --to",): (bundles,),
        ("mysql://host/db", "no known kind"): (bundles, "--to", "mysql://host/db"),
        ("has no extension `vector`",): (bundles, "--to", search_server.url(without)),
        ("127.0.0.1",): (bundles, "--to", "postgresql://me:secret@127.0.0.1:9/x"),
        ("has no version", "index list"): (bundles, "20250101T000000Z-000000", "--to", url),
        ("is not a version",): (bundles, "../x", "--to", url),
        ("is not a folder",): (bundles / "none", second, "--to", url),
        (ITEMS,): (bundles, second, "--to", url),
    }
    for expected, arguments in refusals.items():
        status, out, err = run(capsys, "index", "load", *arguments)
        assert (status, out) == (1, "")
        # A password in the address is warned of first.
        warned, _, said = err.rpartition("lookalike: ")
        assert said.count("\n") == 1
        assert warned.count("\n") == ("list of processes" in warned)
        assert all(text in err for text in expected), err
        assert "secret" not in err
    damaged.write_bytes(content)
    set_current(bundles, second)
    # The listing says what it knows without the engine.
    status, out, err = run(capsys, "index", "list", bundles, "--search-url", "postgresql://me@127.0.0.1:9/x")
    assert (status, second in out, "127.0.0.1" in err) == (0, True, True)
    search_server.drop_database(without)

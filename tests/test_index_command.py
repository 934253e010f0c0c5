"""`lookalike index`: versions built, listed, promoted, rolled back and compared from the command line."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from contracts.embedding_job import HEARTBEAT_TTL_MS, heartbeat_key
from index.building import build_bundle
from index.current_version import current_version
from launch.embedded_redis import EmbeddedRedis
from lookalike import main
from storage.embeddings_folder import write_embeddings
from storage.run_file import announced
from tests.drawn_sets import MODEL, draw_set
from tests.index.version_folders import NOW, OTHER_MODEL, add_version, shop

NOWHERE = "redis://lookalike:secret@127.0.0.1:1/0"
ALLOW_ALL = ("--min-overlap", "0", "--max-recall-loss", "1", "--max-items-lost", "1")


@pytest.fixture(scope="module")
def versions_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("commanded") / "bundles"
    bad = shop(50, shuffled=True)
    return folder, [add_version(folder, one, hour) for hour, one in enumerate((shop(60), shop(62), bad))]


@pytest.fixture
def versions(
    versions_once: tuple[Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, str, str, str]:
    """A folder of bundles: the current one, a good candidate, and one of mixed-up pictures that lost ten items."""
    folder, (current, good, bad) = versions_once
    monkeypatch.setenv("REDIS_URL", NOWHERE)
    return Path(shutil.copytree(folder, tmp_path / "bundles")), current, good, bad


@pytest.fixture
def other(versions: tuple[Path, str, str, str]) -> str:
    """A version of another network, whose promotion needs a worker of it."""
    return add_version(versions[0], shop(60, model=OTHER_MODEL), 3)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[redis.Redis]:
    with EmbeddedRedis() as running, redis.Redis.from_url(running.url) as connection:
        monkeypatch.setenv("REDIS_URL", running.url)
        yield connection


def index(*words: object) -> int:
    return main(["index", *map(str, words)])


@pytest.mark.services
def test_a_promotion_needs_the_heartbeat_of_the_bundles_model(
    versions: tuple[Path, str, str, str], other: str, server: redis.Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    bundles, current, _, _ = versions
    server.set(heartbeat_key("another-0123456789ab"), "a", px=HEARTBEAT_TTL_MS)
    assert index("promote", bundles, other) == 1
    said = capsys.readouterr().err
    assert f"no worker of the model {OTHER_MODEL.version} has a heartbeat" in said
    assert "--offline" in said
    assert current_version(bundles) == current
    server.set(heartbeat_key(OTHER_MODEL.version), "b", px=HEARTBEAT_TTL_MS)
    assert index("promote", bundles, other) == 0
    assert f"{other} is now current" in capsys.readouterr().out
    server.delete(heartbeat_key(OTHER_MODEL.version))
    assert index("rollback", bundles) == 1
    assert "has a heartbeat" in capsys.readouterr().err
    server.set(heartbeat_key(MODEL.version), "b", px=HEARTBEAT_TTL_MS)
    assert index("rollback", bundles) == 0
    assert f"{current} is current again" in capsys.readouterr().out
    assert current_version(bundles) == current


@pytest.mark.services
def test_the_embedded_redis_of_a_running_serve_is_found(
    versions: tuple[Path, str, str, str],
    other: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundles, _, _, _ = versions
    monkeypatch.delenv("REDIS_URL")
    with EmbeddedRedis() as server, announced(bundles, server.url):
        with redis.Redis.from_url(server.url) as connection:
            assert index("promote", bundles, other) == 1
            assert "has a heartbeat" in capsys.readouterr().err
            connection.set(heartbeat_key(OTHER_MODEL.version), "b", px=HEARTBEAT_TTL_MS)
        assert index("promote", bundles, other) == 0
        # What REDIS_URL names comes first.
        monkeypatch.setenv("REDIS_URL", NOWHERE)
        assert index("rollback", bundles) == 1
        assert "127.0.0.1:1" in capsys.readouterr().err


def test_of_the_network_that_is_served_no_redis_is_asked(versions: tuple[Path, str, str, str]) -> None:
    bundles, _, good, _ = versions
    assert index("promote", bundles, good) == 0
    assert index("rollback", bundles) == 0


@pytest.mark.parametrize("address", [NOWHERE, "unix:///nowhere/redis.sock"])
def test_an_absent_redis_refuses_and_offline_skips_it(
    versions: tuple[Path, str, str, str],
    other: str,
    address: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundles, current, _, _ = versions
    monkeypatch.setenv("REDIS_URL", address)
    assert index("promote", bundles, other) == 1
    said = capsys.readouterr().err
    assert "could not ask Redis at " in said
    assert f"{current} stays current" in said
    assert "secret" not in said
    assert current_version(bundles) == current
    assert index("promote", bundles, other, "--offline") == 0
    assert index("rollback", bundles, "--offline") == 0
    assert current_version(bundles) == current


def test_an_address_that_is_none_is_a_sentence(
    versions: tuple[Path, str, str, str],
    other: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bundles, current, _, _ = versions
    monkeypatch.setenv("REDIS_URL", "http://127.0.0.1:1")
    assert index("promote", bundles, other) == 1
    assert "REDIS_URL" in capsys.readouterr().err
    assert current_version(bundles) == current


def test_a_refusal_says_what_failed_by_how_much_and_what_to_do(
    versions: tuple[Path, str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    bundles, current, _, bad = versions
    assert index("promote", bundles, bad, "--offline", "--relevant", "kind") == 1
    said = capsys.readouterr()
    assert said.out.count("FAILS") == 3
    assert f"{bad} is refused, {current} stays current; outside the budget:" in said.err
    assert "items lost: 10 of 60 (16.7%), allowed: at most 0.05 of them" in said.err
    assert "--max-items-lost 0.167" in said.err
    assert "--min-overlap" in said.err
    assert "--max-recall-loss" in said.err
    assert "Traceback" not in said.err
    assert current_version(bundles) == current
    assert index("promote", bundles, bad, "--offline", *ALLOW_ALL) == 0
    assert current_version(bundles) == bad


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("promote", "BUNDLES", "../x", "--offline"), "is not a version"),
        (("promote", "BUNDLES", "20250101T000000Z-000000", "--offline"), "has no version"),
        (("promote", "BUNDLES", "GOOD", "--offline", "--relevant", "colour"), "both have: kind, title"),
        (("promote", "nowhere", "GOOD", "--offline"), "is not a folder"),
        (("rollback", "nowhere", "--offline"), "is not a folder"),
        (("rollback", "BUNDLES", "--offline"), "is left in"),
        (("list", "nowhere"), "is not a folder"),
        (("diff", "nowhere", "GOOD"), "is not a folder"),
        (("diff", "BUNDLES", "../../etc"), "is not a version"),
        (("diff", "BUNDLES", "GOOD", "../../etc"), "is not a version"),
        (("diff", "BUNDLES", "GOOD", "--json", "/nowhere/x.json"), "/nowhere"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_bad_input_is_a_sentence_and_nothing_changes(
    versions: tuple[Path, str, str, str], words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bundles, current, good, _ = versions
    assert index(*({"BUNDLES": bundles, "GOOD": good}.get(word, word) for word in words)) == 1
    shown = capsys.readouterr().err
    assert said in shown
    assert "lookalike: " in shown
    assert current_version(bundles) == current


@pytest.mark.parametrize(
    "words",
    [
        ("promote", "BUNDLES"),
        ("promote", "BUNDLES", "V", "--force"),
        ("promote", "BUNDLES", "V", "--min-overlap", "1.5"),
        ("promote", "BUNDLES", "V", "--max-items-lost", "nan"),
        ("promote", "BUNDLES", "V", "--keep", "0"),
        ("promote", "BUNDLES", "V", "--sample", "-1"),
        ("diff", "BUNDLES"),
        ("diff", "BUNDLES", "A", "B", "C"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_status_2(words: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        index(*words)
    assert ended.value.code == 2


def test_the_list_marks_the_current_one_and_the_one_before(
    versions: tuple[Path, str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    bundles, current, good, bad = versions
    assert index("promote", bundles, good, "--offline") == 0
    (bundles / bad / "manifest.json").write_text("{}")
    capsys.readouterr()
    assert index("list", bundles) == 0
    first, second, third = capsys.readouterr().out.splitlines()
    assert first.startswith(f"< {current}")
    assert first.endswith("rollback returns here")
    assert second.startswith(f"* {good}  2026-11-23T11:15:00Z")
    for part in ("62 items", " kB", MODEL.version, "current"):
        assert part in second
    assert third.startswith(f"  {bad}")
    assert "is damaged" in third
    (bundles / "history.jsonl").write_text("{\n")
    assert index("list", bundles) == 0
    assert "line 1, is damaged" in capsys.readouterr().err


def test_the_list_says_which_change_a_bundle_of_a_live_catalogue_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build_bundle(draw_set(20), tmp_path, sequence=1234, catalogue="a catalogue", now=NOW)
    assert index("list", tmp_path) == 0
    assert f"{MODEL.version}  sequence 1,234  current" in capsys.readouterr().out


def test_what_differs_is_shown_and_written(
    versions: tuple[Path, str, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundles, current, good, bad = versions
    written = tmp_path / "diff.json"
    assert index("diff", bundles, bad, "--relevant", "kind", "--json", written) == 0
    alone = capsys.readouterr().out
    assert f"{current} -> {bad}" in alone
    assert "FAILS" in alone
    assert "Answers that changed most" in alone
    comparison = json.loads(written.read_text())["comparison"]
    assert comparison["old"]["version"] == current
    assert comparison["items"]["removed"]["count"] == 10
    assert len(comparison["most_changed"]) == 10
    assert len(comparison["most_changed"][0]["old"]) == 10
    assert index("diff", bundles, good, current) == 0
    assert f"{good} -> {current}" in capsys.readouterr().out
    assert current_version(bundles) == current


def test_old_versions_go_and_are_named(
    versions: tuple[Path, str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    bundles, current, good, bad = versions
    assert index("promote", bundles, bad, "--offline", "--keep", "1", *ALLOW_ALL) == 0
    assert f"removed as old: {good}\n" in capsys.readouterr().out
    assert (bundles / current).is_dir()
    assert not (bundles / good).exists()


def test_a_second_build_waits_to_be_promoted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    embeddings, bundles = tmp_path / "embeddings", tmp_path / "bundles"
    write_embeddings(embeddings, shop(60))
    assert index("build", embeddings, "--out", bundles) == 0
    assert "now current" in capsys.readouterr().out
    first = current_version(bundles)
    assert index("build", embeddings, "--out", bundles) == 0
    said = capsys.readouterr().out
    assert "now current" not in said
    promote = said.splitlines()[-1].partition(": lookalike ")[2].split()
    assert current_version(bundles) == first
    assert main([*promote, "--offline"]) == 0
    assert current_version(bundles) == promote[-1]
    assert index("build", embeddings, "--out", bundles, "--promote", "--offline") == 0
    third = current_version(bundles)
    assert third not in {first, promote[-1]}
    assert f"{third} is now current" in capsys.readouterr().out
    write_embeddings(embeddings, shop(30))
    assert index("build", embeddings, "--out", bundles, "--promote", "--offline") == 1
    assert "items lost" in capsys.readouterr().err
    assert current_version(bundles) == third


def test_promoting_loads_nothing_heavy(versions: tuple[Path, str, str, str]) -> None:
    bundles, _, good, _ = versions
    program = (
        "import sys, lookalike\n"
        f"status = lookalike.main(['index', 'promote', {str(bundles)!r}, {good!r}, '--offline'])\n"
        "print(status, *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, check=True)
    status, *loaded = ended.stdout.splitlines()[-1].split()
    assert status == "0"
    assert "index" in loaded
    # numba, which searches, brings scipy along where it is installed.
    assert set(loaded) & {"sklearn", "torch", "PIL", "celery", "fastapi"} == set()

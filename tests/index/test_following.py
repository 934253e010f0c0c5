"""Bundles that come from an object store, and go there."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import lookalike
from contracts.errors import BundleError, StoreUnavailableError
from index.bundle import open_current
from index.bundle_manifest import FULL_EMBEDDINGS, ITEMS, MANIFEST, REDUCTION
from index.current_version import CURRENT, current_version, set_current
from index.versions import publishing
from index.versions.following import follow
from index.versions.history import HISTORY, read_history
from index.versions.publishing import publish as publish_version
from storage import object_store
from storage.object_facts import ObjectFacts
from storage.object_store import ObjectStore, open_object_store
from tests.full_disk import files_of_at_most
from tests.storage.object_server import ObjectServer

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
Versions = tuple[Path, str, str, str]


@pytest.fixture
def store(objects: ObjectServer) -> ObjectStore:
    """Of a real server."""
    return open_object_store(objects.new_url(), for_bundles=True)


def publish(bundles: Path, version: str, store: ObjectStore) -> int:
    """Bytes that were written."""
    return publish_version(bundles, version, store, now=NOW).written_bytes


def left(bundles: Path) -> list[str]:
    return sorted(path.name for path in bundles.iterdir() if not path.name.startswith(".promotion"))


def test_it_follows_every_change(versions: Versions, store: ObjectStore, tmp_path: Path) -> None:
    bundles, first, second, _ = versions
    there = tmp_path / "there"
    assert publish(bundles, first, store) > 0
    followed = follow(store, there, now=NOW)
    assert followed is not None
    assert followed.version == current_version(there) == open_current(there).version == first
    assert followed.fetched_bytes > 0
    assert follow(store, there, now=NOW) is None
    publish(bundles, second, store)
    assert follow(store, there, now=NOW) is not None
    # Rolled back at the origin: everything is here already.
    assert publish(bundles, first, store) == 0
    followed = follow(store, there, now=NOW)
    assert followed is not None
    assert (followed.version, followed.fetched_bytes) == (first, 0)
    assert [change.version for change in read_history(there)] == [first, second, first]


def test_current_is_written_last_and_files_by_pieces(
    versions: Versions, store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles, first, _, _ = versions
    monkeypatch.setattr(publishing, "_AT_ONCE_BYTES", 5_000)
    written: list[str] = []
    for name in ("put_new", "put_instead", "put_file"):
        plain = getattr(ObjectStore, name)

        def noted(self: ObjectStore, name: str, *given: object, plain: Any = plain) -> None:
            written.append(name)
            plain(self, name, *given)

        monkeypatch.setattr(ObjectStore, name, noted)
    publish(bundles, first, store)
    assert written[-3:] == [f"{first}/{MANIFEST}", HISTORY, CURRENT]
    for path in (bundles / first).iterdir():
        assert store.get(f"{first}/{path.name}", most_bytes=10**7) == path.read_bytes()
    monkeypatch.setattr(object_store, "_PIECE_BYTES", 10_000)
    assert follow(store, tmp_path / "there", now=NOW) is not None


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (CURRENT, None, "has no index"),
        (CURRENT, b"../../etc/passwd\n", "not a version"),
        (CURRENT, b"x" * 200, "over 100 bytes"),
        (CURRENT, b"20261123T101500Z-ffffff\n", "no complete bundle"),
        (MANIFEST, None, "no complete bundle"),
        (MANIFEST, b"{}", "damaged"),
        (MANIFEST, b" " * 3_000_000, "over 2,097,152 bytes"),
        (ITEMS, None, "is missing"),
        (ITEMS, b"short", "has 5 bytes"),
        (REDUCTION, b"same size", "SHA-256"),
    ],
)
def test_a_damaged_store_changes_nothing_here(
    versions: Versions, store: ObjectStore, tmp_path: Path, name: str, content: bytes | None, words: str
) -> None:
    bundles, first, second, _ = versions
    publish(bundles, second, store)
    there = tmp_path / "there"
    shutil.copytree(bundles / first, there / first)
    set_current(there, first)
    key = name if name == CURRENT else f"{second}/{name}"
    facts = store.facts(key)
    assert facts is not None
    if content is None:
        store.delete(key)
    else:
        store.put(key, content.ljust(facts.bytes, b"!") if content == b"same size" else content)
    with pytest.raises((BundleError, StoreUnavailableError), match=words):
        follow(store, there, now=NOW)
    assert left(there) == [first, CURRENT]
    assert current_version(there) == first


def test_a_bundle_under_another_name_and_a_swapped_object(
    versions: Versions, store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles, first, second, _ = versions
    publish(bundles, first, store)
    for name in list(store.names()):
        store.put(name.replace(first, second), store.get(name, most_bytes=10**7) or b"")
    store.put(CURRENT, f"{second}\n".encode())
    with pytest.raises(BundleError, match=f"says that it is {first}"):
        follow(store, tmp_path / "there", now=NOW)
    for name in list(store.names()):
        store.delete(name)
    publish(bundles, second, store)
    plain = ObjectStore.facts

    def swap(self: ObjectStore, name: str) -> ObjectFacts | None:
        facts = plain(self, name)
        if facts is not None and name.endswith(FULL_EMBEDDINGS):
            self.put(name, bytes(facts.bytes))
        return facts

    monkeypatch.setattr(ObjectStore, "facts", swap)
    with pytest.raises(StoreUnavailableError, match="changed while it was read"):
        follow(store, tmp_path / "there", now=NOW)
    assert not (tmp_path / "there" / second).exists()


def test_a_full_disk(versions: Versions, store: ObjectStore, tmp_path: Path) -> None:
    bundles, first, _, _ = versions
    publish(bundles, first, store)
    with files_of_at_most(5000), pytest.raises(BundleError, match="free disk space"):
        follow(store, tmp_path / "there", now=NOW)
    assert left(tmp_path / "there") == []


def test_the_commands(versions: Versions, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundles, first, _, _ = versions
    set_current(bundles, first)
    folder, there = str(tmp_path / "shared"), str(tmp_path / "there")
    assert lookalike.main(["index", "follow", folder, "--out", there, "--once"]) == 1
    assert "has no index" in capsys.readouterr().err
    assert lookalike.main(["index", "publish", str(bundles), folder]) == 0
    assert lookalike.main(["index", "follow", folder, "--out", there, "--once"]) == 0
    assert f"{first} is now current" in capsys.readouterr().out
    assert lookalike.main(["index", "follow", folder, "--out", there, "--once"]) == 0
    assert "the same already" in capsys.readouterr().out
    assert lookalike.main(["index", "follow", "s3://k:secret@b", "--out", there, "--once"]) == 1
    assert "secret" not in capsys.readouterr().err

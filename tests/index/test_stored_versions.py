"""Bundles in a real object store: promotion, rollback and pruning by URL, interrupted uploads, several promoters."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

import lookalike
from contracts.errors import BundleError, StoreUnavailableError
from index.bundle_manifest import MANIFEST, REDUCTION
from index.current_version import CURRENT, current_version
from index.versions.following import follow
from index.versions.history import HISTORY
from index.versions.publishing import prune_stored, publish
from index.versions.stored_versions import current_in, promote_stored, roll_back_stored, versions_of
from storage.object_facts import ObjectFacts
from storage.object_store import ObjectStore, open_object_store
from tests.index.version_folders import NOW
from tests.storage.object_server import ObjectServer

Versions = tuple[Path, str, str, str]


@pytest.fixture
def url(objects: ObjectServer) -> str:
    return objects.new_url()


@pytest.fixture
def store(url: str) -> ObjectStore:
    return open_object_store(url, for_bundles=True)


def test_promotion_and_rollback_reach_every_follower(versions: Versions, store: ObjectStore, tmp_path: Path) -> None:
    bundles, first, second, third = versions
    followers = [tmp_path / name for name in "ab"]

    def followed() -> set[str]:
        for follower in followers:
            follow(store, follower, now=NOW)
        return {current_version(follower) for follower in followers}

    for version in (first, second, third):
        assert publish(bundles, version, store, now=NOW).promoted
        assert followed() == {version}
    assert roll_back_stored(store, now=NOW) == (third, second)
    assert followed() == {second}
    assert roll_back_stored(store, now=NOW) == (second, first)
    with pytest.raises(BundleError, match="no version that was current before"):
        roll_back_stored(store, now=NOW)
    assert promote_stored(store, third, now=NOW) == first
    assert followed() == {third}
    assert roll_back_stored(store, now=NOW) == (third, first)


@pytest.mark.parametrize("dies_after", range(9))
def test_an_upload_that_was_interrupted_is_never_seen_and_is_continued(
    versions: Versions, store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_after: int
) -> None:
    bundles, first, second, _ = versions
    publish(bundles, first, store, now=NOW)
    written: list[str] = []
    plain = ObjectStore.put_new

    def dying(self: ObjectStore, name: str, data: bytes) -> None:
        if len(written) == dies_after:
            raise KeyboardInterrupt
        written.append(name)
        plain(self, name, data)

    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "put_new", dying)
        with pytest.raises(KeyboardInterrupt):
            publish(bundles, second, store, now=NOW)
    assert current_in(store).version == first
    assert not versions_of(store)[-1].is_complete or dies_after == 0
    with pytest.raises(BundleError, match="no complete bundle"):
        promote_stored(store, second, now=NOW)
    sizes = {name: (bundles / name).stat().st_size for name in written}
    total = sum(path.stat().st_size for path in (bundles / second).iterdir() if path.name != MANIFEST)
    assert publish(bundles, second, store, now=NOW).written_bytes == total - sum(sizes.values())
    assert follow(store, tmp_path / "there", now=NOW) is not None
    assert current_version(tmp_path / "there") == second


def test_of_two_promoters_one_is_refused_and_nothing_is_lost(versions: Versions, store: ObjectStore) -> None:
    bundles, first, second, third = versions
    for version in (second, third, first):
        publish(bundles, version, store, now=NOW)
    outcomes: list[str] = []
    ready = threading.Barrier(2)
    plain = ObjectStore.put_instead

    def together(self: ObjectStore, name: str, data: bytes, facts: ObjectFacts) -> None:
        if name == HISTORY:
            ready.wait(10)
        plain(self, name, data, facts)

    def run(version: str) -> None:
        try:
            promote_stored(store, version, now=NOW)
            outcomes.append(version)
        except BundleError as error:
            outcomes.append("refused" if "another process changed" in str(error) else str(error))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ObjectStore, "put_instead", together)
        threads = [threading.Thread(target=run, args=(version,)) for version in (second, third)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    (winner,) = set(outcomes) - {"refused"}
    assert current_in(store).version == winner
    assert roll_back_stored(store, now=NOW) == (winner, first)


def test_a_promoter_that_dies_after_the_history_changed_nothing(
    versions: Versions, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles, first, second, third = versions
    for version in (first, second, third):
        publish(bundles, version, store, now=NOW)
    plain = ObjectStore.put_instead

    def dying(self: ObjectStore, name: str, data: bytes, facts: ObjectFacts) -> None:
        if name == CURRENT:
            raise KeyboardInterrupt
        plain(self, name, data, facts)

    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "put_instead", dying)
        with pytest.raises(KeyboardInterrupt):
            promote_stored(store, first, now=NOW)
    assert current_in(store).version == third
    assert roll_back_stored(store, now=NOW) == (third, second)


def test_what_may_not_become_current(versions: Versions, store: ObjectStore) -> None:
    bundles, first, second, _ = versions
    publish(bundles, first, store, now=NOW)
    with pytest.raises(BundleError, match="already current"):
        promote_stored(store, first, now=NOW)
    for name in ("../x", "x", "20261123T101500Z-ffffff"):
        with pytest.raises(BundleError, match=r"not a version|no complete bundle"):
            promote_stored(store, name, now=NOW)
    publish(bundles, second, store, now=NOW)
    store.put(f"{first}/{REDUCTION}", b"short")
    with pytest.raises(BundleError, match="has 5 bytes"):
        roll_back_stored(store, now=NOW)
    store.put(f"{first}/{MANIFEST}", b"{}")
    with pytest.raises(BundleError, match="is damaged") as damaged:
        promote_stored(store, first, now=NOW)
    assert f"{store}/{first}/{MANIFEST}" in str(damaged.value)
    with pytest.raises(BundleError, match=f"another {MANIFEST}"):
        publish(bundles, first, store, now=NOW)
    store.put(HISTORY, b"not a history")
    with pytest.raises(BundleError, match=f"{HISTORY} in s3://.* is damaged"):
        roll_back_stored(store, now=NOW)
    assert current_in(store).version == second


def test_pruning(versions: Versions, store: ObjectStore, tmp_path: Path) -> None:
    bundles, first, second, third = versions
    with pytest.raises(BundleError, match="nothing is removed"):
        prune_stored(store, keep=1, now=NOW)
    for version in (first, second, third):
        publish(bundles, version, store, now=NOW)
    unfinished = "20200101T000000Z-abcdef"
    store.put(f"{unfinished}/items.jsonl", b"x")
    store.put("mine.txt", b"x")
    assert prune_stored(store, keep=2, now=NOW).removed == (first,)
    assert [each.version for each in versions_of(store)] == [second, third]
    # What a rollback would return to stays, and so does an upload that may be under way.
    store.put(f"{first}/items.jsonl", b"x")
    pruning = prune_stored(store, keep=1, now=NOW)
    assert (pruning.removed, pruning.abandoned) == ((), ())
    assert prune_stored(store, keep=1, now=NOW + timedelta(days=30)).abandoned == (first,)
    assert store.get("mine.txt", most_bytes=9) == b"x"
    assert follow(store, tmp_path / "there", now=NOW) is not None


def test_a_follower_needs_no_right_to_write(
    versions: Versions, objects: ObjectServer, url: str, store: ObjectStore, tmp_path: Path
) -> None:
    bundles, first, second, _ = versions
    publish(bundles, first, store, now=NOW)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in objects.variables(may_write=False).items():
            patch.setenv(name, value)
        reader = open_object_store(url, for_bundles=True)
    assert follow(reader, tmp_path / "there", now=NOW) is not None
    with pytest.raises(StoreUnavailableError, match="refuses these credentials"):
        publish(bundles, second, reader, now=NOW)
    with pytest.raises(StoreUnavailableError, match="refuses these credentials"):
        prune_stored(reader, keep=1, now=NOW) if versions_of(store)[1:] else reader.delete(CURRENT)
    assert current_in(store).version == first


def test_the_commands(versions: Versions, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    bundles, first, second, _ = versions
    for version in (first, second):
        assert lookalike.main(["index", "publish", str(bundles), url, "--version", version]) == 0
    assert lookalike.main(["index", "publish", str(bundles), url, "--version", second]) == 0
    assert f"{second} was current already" in capsys.readouterr().out
    assert lookalike.main(["index", "list", url]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed[0].startswith(f"< {first}")
    assert listed[1].startswith(f"* {second}")
    assert lookalike.main(["index", "rollback", url]) == 0
    assert f"{first} is current in {url} again" in capsys.readouterr().out
    assert lookalike.main(["index", "promote", url, second]) == 0
    assert f"instead of {first}" in capsys.readouterr().out
    assert lookalike.main(["index", "promote", url, second]) == 1
    assert lookalike.main(["index", "prune", url, "--keep", "1"]) == 0
    assert "removed as old: none" in capsys.readouterr().out
    for arguments in (["list"], ["promote", "x"], ["rollback"], ["prune"]):
        assert lookalike.main(["index", arguments[0], "s3://key:secret@shop", *arguments[1:]]) == 1
        assert "secret" not in capsys.readouterr().err

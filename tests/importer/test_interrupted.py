"""Imports that are killed, stopped, or run by two at once."""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from catalogue.import_records import ImportRecord
from contracts.errors import StoreUnavailableError
from importer import importing
from importer.claiming import claim_next, finish_claimed
from importer.sources import COMMAND, source_of
from importer.stopped import Stopped
from storage.picture_store import PictureStore, default_store
from tests.importer.shop import Shop
from tests.served_elsewhere import of_memory
from tests.sudden_death import run_and_die_at

ROWS = 40


@pytest.fixture(autouse=True)
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "WINDOW", 8)


def state_of(shop: Shop) -> tuple[list[str], list[int], ImportRecord]:
    """Ids and versions of the items in order of their numbers, and the newest import."""
    catalogue = shop.catalogue()
    try:
        items = [item.id for item in catalogue.all_items("any") if item.item is not None]
        stored = [catalogue.item(item_id) for item_id in items]
        versions = [item.version for item in stored if item is not None]
        return items, versions, catalogue.imports.latest(1)[0]
    finally:
        catalogue.close()


def in_a_child(work: Callable[[], object]) -> int:
    """Its exit status, or minus the signal that killed it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


@pytest.mark.parametrize("batches", [1, 3, 5])
def test_a_killed_import_goes_on_and_writes_no_row_twice(shop: Shop, batches: int) -> None:
    shop.stock(ROWS)

    def killed() -> None:
        with shop.opened() as importing_:
            done = 0

            def progress(rows: int, _total: int, _figures: str = "", /) -> None:
                nonlocal done
                done += 1
                # It is told at the beginning too.
                if done == batches + 1:
                    os.kill(os.getpid(), signal.SIGKILL)

            importing_.run(str(shop.feed), progress=progress)

    assert in_a_child(killed) == -signal.SIGKILL
    _, versions, record = state_of(shop)
    assert (record.status, record.position, len(versions)) == ("running", 8 * batches, 8 * batches)
    outcome = shop.run()
    items, versions, record = state_of(shop)
    assert outcome.record.id == record.id
    assert (record.status, record.rows, record.created, record.replaced) == ("succeeded", ROWS, ROWS, 0)
    assert items == [f"item/{number}" for number in range(ROWS)]
    assert set(versions) == {1}
    assert outcome.built is not None


@of_memory
def test_killed_at_any_touch_of_the_disk_it_ends_the_same(shop: Shop, tmp_path: Path) -> None:
    shop.stock(12)
    calls = run_and_die_at(None, lambda: Shop(other(tmp_path, "counted", shop)).run(), after=False)
    assert calls > 20
    for step in range(1, calls, max(1, calls // 8)):
        killed = Shop(other(tmp_path, f"killed-{step}", shop))
        run_and_die_at(step, killed.run, after=False)
        killed.run()
        items, versions, record = state_of(killed)
        assert (record.status, record.rows, len(items), set(versions)) == ("succeeded", 12, 12, {1})


def other(parent: Path, name: str, shop: Shop) -> Path:
    """A folder with the same feed and nothing else."""
    folder = parent / name
    (folder / "feed").mkdir(parents=True)
    for file in (shop.folder / "feed").iterdir():
        (folder / "feed" / file.name).write_bytes(file.read_bytes())
    return folder


def test_a_stopped_import_ends_at_a_batch_and_goes_on(shop: Shop) -> None:
    shop.stock(ROWS)
    stop = threading.Event()
    with shop.opened() as one:
        queue(one.service.catalogue.imports, shop)
        record = claim_next(one.service.catalogue, one.owner, commands_too=True)
        assert record is not None

        def progress(done: int, _total: int, _figures: str = "", /) -> None:
            if done:
                stop.set()

        around = one.service.surroundings(stopping=stop.is_set, progress=progress)
        with pytest.raises(Stopped):
            finish_claimed(record, one.owner, around)
    assert state_of(shop)[2].position == 8
    assert shop.run().record.created == ROWS


def test_of_two_importers_one_imports(shop: Shop) -> None:
    shop.stock(ROWS)
    with shop.opened() as one, shop.opened() as two:
        assert one.owner != two.owner
        queue(one.service.catalogue.imports, shop)
        record = claim_next(one.service.catalogue, one.owner, commands_too=True)
        assert record is not None
        assert claim_next(two.service.catalogue, two.owner, commands_too=True) is None
        ended = finish_claimed(record, one.owner, one.service.surroundings(stopping=lambda: False))
        assert ended is not None
        assert ended.created == ROWS
        # Whoever comes too late writes nothing.
        assert finish_claimed(record, two.owner, two.service.surroundings(stopping=lambda: False)) is None
    assert set(state_of(shop)[1]) == {1}


def test_an_import_waits_for_a_store_that_is_away(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.stock(ROWS)
    away = default_store(shop.bundles)
    away.write_bytes(b"in the place of the folder")
    with shop.opened() as one:
        queue(one.service.catalogue.imports, shop)
        record = claim_next(one.service.catalogue, one.owner, commands_too=True)
        assert record is not None
        with pytest.raises(StoreUnavailableError):
            finish_claimed(record, one.owner, one.service.surroundings(stopping=lambda: False))
        away.unlink()
        again = claim_next(one.service.catalogue, one.owner, commands_too=True)
        assert again is not None
        ended = finish_claimed(again, one.owner, one.service.surroundings(stopping=lambda: False))
    assert ended is not None
    assert (ended.status, ended.created) == ("succeeded", ROWS)


def test_a_feed_that_was_changed_in_between_is_not_gone_on_with(shop: Shop) -> None:
    rows = shop.stock(ROWS)
    assert in_a_child(lambda: interrupted(shop)) == -signal.SIGKILL
    shop.write_feed(rows[::-1])
    with shop.opened() as one:
        record = claim_next(one.service.catalogue, one.owner, commands_too=True)
        assert record is not None
        ended = finish_claimed(record, one.owner, one.service.surroundings(stopping=lambda: False))
    assert ended is not None
    assert ended.status == "failed"
    assert "not the file" in str(ended.detail)


def interrupted(shop: Shop) -> None:
    with shop.opened() as one:
        one.service.store = KillingStore(one.service.store)
        one.run(str(shop.feed))


class KillingStore(PictureStore):
    """Kills its process at the 38th picture."""

    def __init__(self, store: PictureStore) -> None:
        super().__init__(store._files)
        self._left = 38

    def put(self, data: bytes) -> bytes:
        self._left -= 1
        if not self._left:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().put(data)


def queue(imports: object, shop: Shop) -> None:
    imports.create(  # type: ignore[attr-defined]
        key=None,
        body_sha256=bytes(32),
        caller=COMMAND,
        mode="upsert",
        max_removed=0.05,
        source=source_of(shop.feed),
        format=None,
        mapping=None,
    )

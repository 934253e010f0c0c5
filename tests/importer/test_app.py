"""The loop of the importer process: what is away is waited for, and said once."""

import logging
import threading
from dataclasses import dataclass, field

import pytest

from contracts.errors import DatabaseUnavailableError
from importer import app
from importer.app import Importer
from importer.owner import held_owner
from storage.picture_store import default_store
from tests.full_disk import files_of_at_most
from tests.importer.shop import Shop
from tests.importer.test_interrupted import in_a_child, state_of
from tests.served_elsewhere import of_memory


@dataclass(slots=True)
class Faltering(Importer):
    """Meets what it is told to, one after the other, and then stops."""

    meets: list[Exception | None] = field(default_factory=list)

    def step(self) -> bool:
        if not self.meets:
            self.stop.set()
            return False
        met = self.meets.pop(0)
        if met is not None:
            raise met
        return True


def test_what_is_away_is_waited_for_and_said_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "_FIRST_PAUSE_S", 0.0)
    caplog.set_level(logging.INFO)
    away = DatabaseUnavailableError("the database is away")
    catalogue = shop.catalogue()
    try:
        importer = Faltering(shop.service(catalogue), "me", threading.Event())
        importer.meets = [None, away, OSError(28, "No space left on device"), away, None, away, None]
        importer.work()
    finally:
        catalogue.close()
    said = [record.getMessage() for record in caplog.records if record.name == "importer.app"]
    assert said == [
        "the importer is ready",
        "the database is away; the importer waits, and tries again",
        "the importer goes on",
        "the database is away; the importer waits, and tries again",
        "the importer goes on",
        "the importer has stopped",
    ]


@of_memory
def test_a_step_that_fails_is_said_once_and_keeps_nothing_from_being_done(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    shop.stock(8)
    shop.run()
    (shop.folder / "catalogue.db").rename(shop.folder / "old.db")
    for file in shop.folder.glob("catalogue.db-*"):
        file.unlink()
    catalogue = shop.catalogue()
    try:
        # An empty database, and a bundle of another one.
        importer = Importer(shop.service(catalogue), "me", threading.Event())
        assert not importer.step()
        assert not importer.step()
    finally:
        catalogue.close()
    said = [record.getMessage() for record in caplog.records if record.name == "importer.app"]
    assert len(said) == 1
    assert "another database" in said[0]


def test_a_full_disk_ends_a_command_with_a_sentence_and_the_next_one_goes_on(shop: Shop) -> None:
    shop.stock(12)

    def full() -> None:
        with files_of_at_most(300):
            try:
                shop.run()
            except Exception as error:
                (shop.folder / "feed" / "said").symlink_to(type(error).__name__)
                raise

    assert in_a_child(full) == 1
    assert (shop.folder / "feed" / "said").readlink().name in {"DatabaseUnavailableError", "StoreUnavailableError"}
    outcome = shop.run()
    assert (outcome.record.status, outcome.record.created) == ("succeeded", 12)
    assert set(state_of(shop)[1]) == {1}
    assert not list(default_store(shop.bundles).rglob(".tmp-*"))


def test_whoever_follows_a_killed_process_has_its_name(shop: Shop) -> None:
    with held_owner(shop.bundles) as first:
        with held_owner(shop.bundles) as second:
            assert first != second
        with held_owner(shop.bundles) as third:
            assert third == second
    with held_owner(shop.bundles) as again:
        assert again == first
    (shop.bundles / ".importer-0.lock").write_bytes(b"damaged")
    with held_owner(shop.bundles) as other:
        assert len(other) == 32
        assert other != first

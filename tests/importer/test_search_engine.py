"""A real PostgreSQL that is the catalogue and the search engine at once."""

import itertools
import logging
import os
import signal
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray
from psycopg import sql
from pydantic import SecretStr

from catalogue.items import Delete, Patch
from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import SearchUnavailableError
from engines.engine import Engine
from engines.opening import open_engine
from engines.postgresql.held_rows import HeldRows
from importer import compacting
from importer.by_command import CommandImport
from importer.compacted_version import FILE
from importer.service import Service
from importer.settings import ImporterSettings
from index.bundle import open_current
from index.current_version import current_version
from index.part_searcher import PartSearcher
from index.versions.bundle_folder import versions_in
from index.versions.held_versions import searcher_in
from tests.catalogue.postgresql_server import PostgresqlServer, postgresql_server
from tests.engines.versions.serving import current_in
from tests.importer.shop import Shop
from tests.importer.test_compacting import put
from tests.index.live_questions import answers

ITEMS = 24


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="module")
def template(server: PostgresqlServer) -> str:
    """A database with pgvector and an empty catalogue."""
    name = server.make_database()
    server.run("CREATE EXTENSION vector", database=name)
    LiveCatalogue.open(server.url(name), create=True).close()
    return name


@dataclass
class Both:
    """A shop whose database is the engine, too."""

    shop: Shop
    url: str
    service: Service
    engine: Engine

    def held(self) -> list[str]:
        return [held.version for held in self.engine.versions() if held.complete]

    def agrees(self) -> bool:
        """Whether CURRENT is complete in the engine, which says the same."""
        current = current_version(self.shop.bundles)
        return current in self.held() and current_in(self.url) == [current]


@pytest.fixture
def both(server: PostgresqlServer, template: str, shop: Shop) -> Iterator[Both]:
    name = server.make_database(template)
    url = server.url(name)
    shop.stock(ITEMS)
    settings = ImporterSettings(search_url=SecretStr(url))
    with CommandImport.open(url, shop.bundles, settings) as importing, closing(open_engine(url)) as engine:
        importing.service.networks = shop.networks
        importing.run(str(shop.feed))
        yield Both(shop, url, importing.service, engine)
    server.drop_database(name)


def answered(both: Both) -> tuple[list[object], list[object]]:
    """Answers of the current version by the engine and by memory."""
    bundle = open_current(both.shop.bundles)
    ids = [f"item/{number}" for number in range(0, ITEMS, 5)]
    photo = np.random.default_rng(5).integers(0, 256, 512).astype(np.float32)
    there, here = searcher_in(both.engine, bundle), PartSearcher.of(bundle)
    return (
        [answers(there, np.random.default_rng(seed), ids, photo) for seed in range(3)],
        [answers(here, np.random.default_rng(seed), ids, photo) for seed in range(3)],
    )


def test_the_first_bundle_and_each_compaction_are_served_by_the_engine(both: Both) -> None:
    assert both.agrees()
    first = current_version(both.shop.bundles)
    both.service.catalogue.write(Patch("item/3", {"colour": "Green", "price": "1000"}))
    both.service.catalogue.write(Delete("item/6"))
    put(both.service, "new", 30)
    second = both.service.compact()
    assert second == current_version(both.shop.bundles)
    assert sorted(both.held()) == sorted([first, second])
    assert both.agrees()
    there, here = answered(both)
    assert there == here
    # An engine that has lost everything is filled again.
    for version in both.held():
        both.engine.remove(version)
    assert both.service._loading is not None
    both.service._loading._look_at = 0.0
    assert both.service.load_current()
    assert not both.service.load_current()
    assert both.agrees()


def test_old_versions_leave_the_engine_too(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    days = itertools.count(1)

    class Calendar(datetime):
        """A day passes between two compactions, so that their versions have an order."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Calendar":
            return cls(2027, 1, next(days), tzinfo=tz)

    monkeypatch.setattr(compacting, "datetime", Calendar)
    for number in range(6):
        both.service.catalogue.write(Patch("item/1", {"price": str(1000 + number)}))
        assert both.service.compact() is not None
    assert both.held() == versions_in(both.shop.bundles)
    assert len(both.held()) == 5
    assert both.agrees()


def test_a_compaction_of_an_approximate_version_is_approximate(both: Both) -> None:
    current = current_version(both.shop.bundles)
    both.engine.remove(current)
    both.engine.load(open_current(both.shop.bundles), approximate=True)
    both.service.catalogue.write(Patch("item/1", {"price": "77"}))
    version = both.service.compact()
    (held,) = [held for held in both.engine.versions() if held.version == version]
    assert held.approximate
    assert held.recall is not None
    assert both.agrees()


def test_while_the_engine_is_away_compaction_waits_and_changes_go_on(
    both: Both, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first = current_version(both.shop.bundles)
    both.service.catalogue.write(Patch("item/1", {"price": "1001"}))

    def away(*_arguments: object, **_named: object) -> None:
        raise SearchUnavailableError("the engine is away")

    with monkeypatch.context() as patched:
        patched.setattr(type(both.engine), "versions", away)
        with pytest.raises(SearchUnavailableError):
            both.service.compact()
        assert versions_in(both.shop.bundles) == [first]
        # An import goes on, too.
        patched.setattr(Service, "compact_if_due", lambda self, importing: self.compact())
        both.service._look_at = 0.0
        caplog.set_level(logging.WARNING)
        both.service._between_batches()
        assert "the engine is away" in caplog.text
    # It goes while the new bundle is loaded: the bundle is kept, and made current as soon as the engine is back.
    with monkeypatch.context() as patched:
        patched.setattr(type(both.engine), "load", away)
        with pytest.raises(SearchUnavailableError):
            both.service.compact()
        (second,) = set(versions_in(both.shop.bundles)) - {first}
        both.service.catalogue.write(Patch("item/1", {"price": "1002"}))
        with pytest.raises(SearchUnavailableError):
            both.service.compact()
        assert set(versions_in(both.shop.bundles)) == {first, second}
    assert current_version(both.shop.bundles) == first
    assert both.service.compact() == second
    assert both.agrees()
    third = both.service.compact()
    assert third not in (None, second)
    assert b'"1002"' in open_current(both.shop.bundles).items.attributes_json(1)


@pytest.mark.parametrize("where", ["note_compacted", "load", "make_current", "forget_compacted"])
def test_killed_at_any_step_of_a_compaction(both: Both, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bundles = both.shop.bundles
    first = current_version(bundles)
    both.service.catalogue.write(Patch("item/1", {"price": "1001"}))
    child = os.fork()
    if child == 0:
        try:
            compact_killed(both, where)
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    reached = current_version(bundles)
    assert (reached == first) == (where != "forget_compacted")
    both.service.compact()
    assert both.agrees()
    assert b'"1001"' in open_current(bundles).items.attributes_json(1)
    assert not (bundles / FILE).exists()
    assert both.service.compact() is None


def compact_killed(both: Both, where: str) -> None:
    """Compact with connections of its own, and die just before a step."""

    def kill(*_arguments: object, **_named: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    settings = ImporterSettings(search_url=SecretStr(both.url))
    with CommandImport.open(both.url, both.shop.bundles, settings) as importing:
        importing.service.networks = both.shop.networks
        if where in {"load", "make_current"}:
            setattr(type(both.engine), where, kill)
        else:
            setattr(compacting, where, kill)
        importing.service.compact()


def test_a_bundle_that_another_process_promoted_meanwhile_wins(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    bundles: Path = both.shop.bundles
    first = current_version(bundles)
    both.service.catalogue.write(Patch("item/1", {"price": "1001"}))

    def away(*_arguments: object, **_named: object) -> None:
        raise SearchUnavailableError("the engine is away")

    with monkeypatch.context() as patched:
        patched.setattr(type(both.engine), "make_current", away)
        with pytest.raises(SearchUnavailableError):
            both.service.compact()
    (waiting,) = set(versions_in(bundles)) - {first}
    assert waiting in both.held()
    refitted = both.service.refit().version
    (bundles / "CURRENT").write_text(f"{refitted}\n")
    both.service.compact()
    # What was compacted of the version before is gone in both.
    assert waiting not in versions_in(bundles)
    assert waiting not in both.held()
    assert first in both.held()
    assert both.service.load_current() or both.agrees()


def test_equal_items_are_copied_inside_the_engine(both: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[set[int]] = []
    real = HeldRows.copied

    def noted(self: HeldRows, *arguments: Any) -> NDArray[np.int64]:
        found = real(self, *arguments)
        copied.append(set(found.tolist()))
        return found

    monkeypatch.setattr(HeldRows, "copied", noted)
    numbers = numbers_in(both.shop.bundles)
    both.service.catalogue.write(Patch("item/3", {"price": "1000"}))
    both.service.catalogue.write(Delete("item/6"))
    put(both.service, "item/9", 31)
    put(both.service, "new", 30)
    assert both.service.compact() is not None
    unchanged = {numbers[row] for row in range(ITEMS) if row not in {3, 6, 9}}
    assert copied == [unchanged, unchanged]
    there, here = answered(both)
    assert there == here
    # What the engine lost of the version before is loaded from here.
    remove_rows(both.url, "full", "items")
    both.service.catalogue.write(Patch("item/3", {"price": "1001"}))
    assert both.service.compact() is not None
    assert all(len(found) < len(unchanged) for found in copied[2:])
    there, here = answered(both)
    assert there == here


def numbers_in(bundles: Path) -> list[int]:
    numbers = open_current(bundles).numbers
    assert numbers is not None
    return [int(number) for number in numbers]


def remove_rows(url: str, *names: str) -> None:
    """Take some items out of tables of the newest version."""
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT max(id) FROM lookalike_search.versions").fetchone()
        assert found is not None
        for name in names:
            table = sql.Identifier("lookalike_search", f"v{found[0]}_{name}")
            connection.execute(sql.SQL("DELETE FROM {} WHERE number % 3 = 0").format(table))

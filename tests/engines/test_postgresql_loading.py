"""Loading versions: interrupted, twice, in shards, approximately; and what is left afterwards."""

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import numpy as np
import psycopg
import pytest

from contracts.errors import EngineError, SearchUnavailableError
from contracts.items import Item
from engines.engine import Engine, Shard
from engines.opening import open_engine
from engines.postgresql import loading, reading_numbers
from index.bundle import Bundle
from tests.catalogue.postgresql_server import PostgresqlServer
from tests.engines.contract.contents import Content, draw_content
from tests.engines.contract.oracle import Oracle
from tests.engines.contract.test_filters import check
from tests.engines.postgresql_servers import PATIENT_S, search_database


@pytest.fixture(scope="module")
def content() -> Content:
    return draw_content()


@pytest.fixture
def bundle(content: Content) -> Bundle:
    return content.bundle()


@pytest.fixture(scope="module")
def address(search_server: PostgresqlServer) -> Iterator[str]:
    with search_database(search_server) as address:
        yield address


@pytest.fixture
def engine(address: str) -> Iterator[Engine]:
    """An engine that holds nothing."""
    with closing(open_engine(address, timeout_s=PATIENT_S)) as engine:
        yield engine
        for held in engine.versions():
            engine.remove(held.version)


class Interruption(Exception):
    pass


def whole(engine: Engine, version: str, content: Content) -> None:
    """The version answers as one that was loaded at once."""
    oracle = Oracle(content)
    part = engine.open(version)
    check(part, part.candidates((), ()), oracle.numbers, oracle.numbers)
    assert list(part.describe()) == oracle.describe()
    assert dict(part.first_places()) == oracle.first_places()


def test_an_interrupted_load_goes_on(
    engine: Engine, bundle: Bundle, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_AT_ONCE", 100)
    monkeypatch.setattr(loading, "_TEXTS_AT_ONCE", 7)

    def stop_at(begin: int) -> list[int]:
        seen: list[int] = []

        def progress(done: int, total: int, _figures: str = "") -> None:
            assert total == len(content)
            seen.append(done)
            if done >= begin:
                raise Interruption

        with pytest.raises(Interruption):
            engine.load(bundle, progress=progress)
        return seen

    assert stop_at(200) == [0, 100, 200]
    assert [(held.loaded, held.complete) for held in engine.versions()] == [(200, False)]
    with pytest.raises(EngineError, match=r"not complete .*: 200 of 330 items are loaded; run `lookalike index load`"):
        engine.open(bundle.version)
    assert stop_at(len(content)) == [200, 300, 330]
    seen: list[int] = []
    engine.load(bundle, progress=lambda done, total, figures="": seen.append(done))
    assert seen == [330]
    assert [(held.loaded, held.items, held.complete) for held in engine.versions()] == [(330, 330, True)]
    whole(engine, bundle.version, content)


def test_a_load_whose_connection_is_lost(
    engine: Engine, bundle: Bundle, content: Content, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_AT_ONCE", 100)

    def cut(done: int, _total: int, _figures: str = "") -> None:
        if done == 200:
            with psycopg.connect(address) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lookalike'"
                )

    with pytest.raises(SearchUnavailableError, match=r"is shutting down or starting|cannot be reached"):
        engine.load(bundle, progress=cut)
    engine.load(bundle)
    whole(engine, bundle.version, content)


@pytest.mark.parametrize("step", ["ALTER TABLE", "VACUUM"])
def test_a_load_that_stops_while_it_makes_indexes(
    engine: Engine, bundle: Bundle, content: Content, address: str, step: str
) -> None:
    """As by a full disk, or a server that ends."""
    with psycopg.connect(address, autocommit=True) as connection:
        engine.load(replace(bundle, version="another"))
        connection.execute(
            "CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'no space left'; END $$"
        )
        if step == "VACUUM":
            # It calls no event trigger, so the last step before it is refused.
            connection.execute("CREATE EVENT TRIGGER refuse ON ddl_command_end EXECUTE FUNCTION refuse()")
        else:
            connection.execute(
                "CREATE EVENT TRIGGER refuse ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION refuse()"
            )
        with pytest.raises(SearchUnavailableError, match=r"cannot grow, because the disk is full .no space left"):
            engine.load(bundle)
        connection.execute("DROP EVENT TRIGGER refuse")
        connection.execute("DROP FUNCTION refuse")
    assert {held.version: held.complete for held in engine.versions()}.get(bundle.version) in (False, None)
    engine.load(bundle)
    whole(engine, bundle.version, content)


def test_two_loads_at_once(engine: Engine, bundle: Bundle, address: str) -> None:
    def again(_done: int, _total: int, _figures: str = "") -> None:
        with (
            closing(open_engine(address, timeout_s=PATIENT_S)) as other,
            pytest.raises(EngineError, match=f"another process is loading version {bundle.version} .*; wait for it"),
        ):
            other.load(bundle)

    engine.load(bundle, progress=again)


def test_a_complete_version_stays_as_it_is(engine: Engine, bundle: Bundle, content: Content) -> None:
    engine.load(bundle)
    seen: list[tuple[int, int]] = []
    engine.load(bundle, progress=lambda done, total, figures="": seen.append((done, total)))
    assert seen == [(330, 330)]
    with pytest.raises(EngineError, match="complete, but as shard 0 of 1 and searched exactly; remove it there"):
        engine.load(bundle, approximate=True)
    with pytest.raises(EngineError, match="complete, but as shard 0 of 1"):
        engine.load(bundle, shard=Shard(1, 2))
    other = replace(content.bundle(), version=bundle.version, created="2026-11-28T00:00:00Z")
    with pytest.raises(EngineError, match=f"holds another bundle under the name {bundle.version}"):
        engine.load(other)
    whole(engine, bundle.version, content)


def test_a_load_that_has_just_ended_is_waited_for(engine: Engine, bundle: Bundle, address: str) -> None:
    engine.load(bundle)
    with psycopg.connect(address) as other:
        other.execute(loading._LOCK, (bundle.version,))
        threading.Timer(0.2, other.close).start()
        engine.load(bundle)


def test_an_incomplete_load_of_another_way_begins_again(
    engine: Engine, bundle: Bundle, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "_AT_ONCE", 100)

    def stop(done: int, _total: int, _figures: str = "") -> None:
        if done:
            raise Interruption

    with pytest.raises(Interruption):
        engine.load(bundle, shard=Shard(1, 2), progress=stop)
    engine.load(bundle)
    whole(engine, bundle.version, content)


def test_versions_are_listed_and_removed(engine: Engine, content: Content, address: str) -> None:
    first, second = content.bundle(), content.bundle()
    engine.load(second)
    engine.load(first, approximate=True)
    engine.note_recall(first.version, 0.993)
    engine.make_current(first.version)
    assert [(held.version, held.approximate, held.recall) for held in engine.versions()] == [
        (first.version, True, 0.993),
        (second.version, False, None),
    ]
    with psycopg.connect(address) as connection:
        current = "SELECT version FROM lookalike_search.versions WHERE current"
        assert connection.execute(current).fetchall() == [(first.version,)]
    engine.make_current(second.version)
    with psycopg.connect(address) as connection:
        assert connection.execute(current).fetchall() == [(second.version,)]
    with pytest.raises(EngineError, match=f"no version unknown .it holds {first.version}, {second.version}"):
        engine.open("unknown")
    engine.remove(first.version)
    engine.remove(first.version)
    engine.remove("unknown")
    engine.remove(second.version)
    with psycopg.connect(address) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'lookalike_search'::regnamespace AND relkind = 'r'"
        ).fetchall()
    assert sorted(tables) == [("layout",), ("versions",)]


def test_all_that_is_stored_is_logged(engine: Engine, bundle: Bundle, address: str) -> None:
    """A table that is not would be empty after a crash."""
    engine.load(bundle)
    with psycopg.connect(address) as connection:
        kinds = connection.execute(
            "SELECT DISTINCT relpersistence FROM pg_class WHERE relnamespace = 'lookalike_search'::regnamespace"
        ).fetchall()
    assert [kind for (kind,) in kinds] in (["p"], [b"p"])


def test_texts_that_postgresql_has_no_characters_for(engine: Engine, content: Content) -> None:
    values = ("a\x00b", "a\x01b", "\x00", "a", "\\", "\x7f")
    items = [
        Item(f"item \x00 {row}", "a\x00.jpg", {"nul\x00": values[row % 6], **item.attributes})
        for row, item in enumerate(content.items)
    ]
    kinds = {**content.kinds, "nul\x00": content.kinds["title"]}
    odd = replace(content, items=items, kinds=kinds)
    bundle = odd.bundle()
    engine.load(bundle)
    part = engine.open(bundle.version)
    oracle = Oracle(odd)
    assert list(part.find_values("nul\x00", "").items()) == oracle.counted("nul\x00", oracle.numbers)
    assert list(part.describe()) == oracle.describe()
    number = int(odd.numbers[0])
    assert part.number("item \x00 0") == number
    assert part.record(number).image == "a\x00.jpg"
    assert part.listed(np.array([number]))[0][0] == "item \x00 0"


def test_numbers_are_read_only_where_they_must_be(
    engine: Engine, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading_numbers, "_AT_ONCE", 33)
    with_gaps, even = content.bundle(), replace(content, numbers=np.arange(330)).bundle()
    for bundle, numbers, read in ((with_gaps, content.numbers, True), (even, np.arange(330), False)):
        engine.load(bundle)
        part = engine.open(bundle.version)
        assert part.numbers_at(np.arange(330)).tolist() == numbers.tolist()
        assert part.candidates((), ()).numbers().tolist() == numbers.tolist()
        assert (vars(part)["_held"].listed is not None) == read


def test_items_without_attributes(engine: Engine, content: Content) -> None:
    bare = replace(content, items=[Item(item.id, item.image, {}) for item in content.items], kinds={})
    bundle = bare.bundle()
    engine.load(bundle)
    part = engine.open(bundle.version)
    assert (dict(part.kinds), part.describe(), len(part)) == ({}, [], 330)
    assert part.candidates((), ()).nearest(bare.reduced[5], 400).numbers.size == 330

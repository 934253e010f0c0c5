"""Several servers that hold a catalogue together: asked at the same time, and never without one of them."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import psycopg
import pytest

from contracts.errors import EngineError, SearchUnavailableError
from engines.engine import Engine, Shard
from engines.opening import open_engine
from index.base_part import BasePart
from index.bundle import Bundle
from tests.catalogue.postgresql_server import PostgresqlServer
from tests.engines.contract.contents import Content, draw_content
from tests.engines.contract.oracle import Oracle
from tests.engines.postgresql_servers import PATIENT_S, search_database

TIMEOUT_S = 0.5


@pytest.fixture(scope="module")
def content() -> Content:
    return draw_content()


@pytest.fixture(scope="module")
def bundle(content: Content) -> Bundle:
    return content.bundle()


@pytest.fixture(scope="module")
def addresses(search_server: PostgresqlServer, second_server: PostgresqlServer, bundle: Bundle) -> Iterator[list[str]]:
    with ExitStack() as stack:
        servers = (search_server, second_server, search_server)
        addresses = [stack.enter_context(search_database(server)) for server in servers]
        with closing(open_engine(" ".join(addresses), timeout_s=PATIENT_S)) as engine:
            seen: list[int] = []
            engine.load(bundle, progress=lambda done, total, figures="": seen.append(done))
            assert max(seen) == len(bundle.items)
        yield addresses


@pytest.fixture
def engine(addresses: list[str]) -> Iterator[Engine]:
    with closing(open_engine("  ".join(addresses) + "\n", timeout_s=TIMEOUT_S)) as engine:
        yield engine


@pytest.fixture
def part(engine: Engine, bundle: Bundle) -> BasePart:
    part = engine.open(bundle.version)
    part.warm_up()
    return part


def test_each_shard_holds_its_own_items(addresses: list[str], bundle: Bundle, content: Content) -> None:
    for place, address in enumerate(addresses):
        with closing(open_engine(address, timeout_s=PATIENT_S)) as engine:
            (held,) = engine.versions()
            own = [number for number in content.numbers.tolist() if number % 3 == place]
            assert (held.items, held.loaded, held.complete) == (len(own), len(own), True)
            assert held.shard == Shard(place, 3)
            assert engine.open(bundle.version).candidates((), ()).numbers().tolist() == own


def test_a_version_is_there_only_if_every_shard_has_it(
    engine: Engine, addresses: list[str], bundle: Bundle, content: Content
) -> None:
    (held,) = engine.versions()
    assert (held.items, held.loaded, held.complete, held.recall) == (330, 330, True, None)
    other = content.bundle()
    with closing(open_engine(addresses[1], timeout_s=PATIENT_S)) as one:
        one.load(other, shard=Shard(1, 3))
        assert [each.complete for each in engine.versions()] == [True, False]
        with pytest.raises(EngineError, match=f"has no version {other.version}"):
            engine.open(other.version)
        engine.remove(other.version)
    engine.note_recall(bundle.version, 0.5)
    engine.make_current(bundle.version)
    assert [each.recall for each in engine.versions()] == [0.5]


def test_shards_that_do_not_belong_together(addresses: list[str], bundle: Bundle) -> None:
    for named, says in (
        (addresses[:2], "the shards 0 of 3, 1 of 3 of version .* not one each of 2; name every address once"),
        ([addresses[0], addresses[1], addresses[1]], "the shards 0 of 3, 1 of 3, 1 of 3"),
    ):
        with (
            closing(open_engine(" ".join(named), timeout_s=PATIENT_S)) as engine,
            pytest.raises(EngineError, match=says),
        ):
            engine.open(bundle.version)
    # In any order they are all there.
    with closing(open_engine(" ".join(reversed(addresses)), timeout_s=PATIENT_S)) as engine:
        assert len(engine.open(bundle.version)) == 330
        with pytest.raises(EngineError, match="name one search engine to load one shard"):
            engine.load(bundle, shard=Shard(1, 3))


def test_a_shard_alone_is_not_a_catalogue(addresses: list[str], bundle: Bundle) -> None:
    with closing(open_engine(addresses[0], timeout_s=PATIENT_S)) as engine:
        (held,) = engine.versions()
    assert held.shard != Shard()


def test_one_that_is_gone_is_no_short_page(
    engine: Engine,
    part: BasePart,
    bundle: Bundle,
    content: Content,
    addresses: list[str],
    second_server: PostgresqlServer,
) -> None:
    oracle = Oracle(content)
    expected = [number for number, _ in oracle.nearest(oracle.numbers, content.reduced[5], 20)]
    found = part.candidates((), ())
    assert found.nearest(content.reduced[5], 20).numbers.tolist() == expected
    with psycopg.connect(addresses[1]) as connection:
        database = connection.info.dbname
    second_server.take_away(database)
    try:
        for ask in (
            lambda: found.nearest(content.reduced[5], 20),
            lambda: part.candidates((), ()).count_values("colour"),
            lambda: part.number("shop/é 1"),
            lambda: part.describe(),
            lambda: part.listed(content.numbers[:9]),
            engine.versions,
            lambda: engine.open(bundle.version),
        ):
            with pytest.raises(SearchUnavailableError, match=r"cannot be reached|accepts no connections|shutting down"):
                ask()
    finally:
        second_server.give_back(database)
    assert found.nearest(content.reduced[5], 20).numbers.tolist() == expected


def test_all_are_asked_at_the_same_time(bundle: Bundle, content: Content, addresses: list[str]) -> None:
    with closing(open_engine(" ".join(addresses), timeout_s=PATIENT_S)) as engine, ExitStack() as stack:
        part = engine.open(bundle.version)
        connections = [stack.enter_context(psycopg.connect(address)) for address in addresses]
        for connection in connections:
            connection.execute("LOCK TABLE lookalike_search.v1_points IN ACCESS EXCLUSIVE MODE")
        found: list[int] = []
        thread = threading.Thread(
            target=lambda: found.extend(part.candidates((), ()).nearest(content.reduced[5], 20).numbers.tolist())
        )
        thread.start()
        give_up_at = time.monotonic() + 5.0
        waiting: set[int] = set()
        while len(waiting) < len(addresses) and time.monotonic() < give_up_at:
            waiting |= {place for place, connection in enumerate(connections) if _is_waited_for(connection)}
        for connection in connections:
            connection.rollback()
        thread.join()
    assert len(waiting) == len(addresses)
    assert len(found) == 20


def _is_waited_for(connection: psycopg.Connection) -> bool:
    """Whether a search in this database waits for a lock."""
    waits = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    # Else the same answer comes again until the transaction ends.
    connection.execute("SELECT pg_stat_clear_snapshot()")
    return connection.execute(waits).fetchone() is not None


def test_many_threads_at_once(part: BasePart, content: Content) -> None:
    oracle = Oracle(content)
    wrong: list[object] = []

    def ask(row: int) -> None:
        found = part.candidates((), ()).nearest(content.reduced[row], 9)
        expected = oracle.nearest(oracle.numbers, content.reduced[row], 9)
        if list(zip(found.numbers.tolist(), found.similarities.tolist(), strict=True)) != expected:
            wrong.append(row)

    threads = [threading.Thread(target=ask, args=(row,)) for row in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_an_engine_that_was_closed(addresses: list[str], bundle: Bundle, content: Content) -> None:
    with closing(open_engine(" ".join(addresses), timeout_s=PATIENT_S)) as engine:
        part = engine.open(bundle.version)
    with pytest.raises(SearchUnavailableError, match="were closed"):
        part.candidates((), ()).nearest(content.reduced[5], 9)

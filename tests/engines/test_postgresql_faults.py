"""A PostgreSQL that is slow, halted, killed or gone: an error within the deadline, and then answers again."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import numpy as np
import psycopg
import pytest

from contracts.errors import SearchUnavailableError
from engines.engine import Engine
from engines.opening import open_engine
from engines.postgresql import connections
from engines.postgresql.part import PostgresqlPart
from index.base_part import BasePart
from tests.catalogue.postgresql_server import PostgresqlServer
from tests.engines.contract.contents import Content, draw_content
from tests.engines.contract.oracle import Oracle
from tests.engines.postgresql_servers import PATIENT_S, kill_server, restart_server, search_database

TIMEOUT_S = 0.4
# A busy machine may be late; what waits without a limit is not.
LATE_S = 4.0


@pytest.fixture(scope="module")
def server(second_server: PostgresqlServer) -> PostgresqlServer:
    """A server that is killed, and started again."""
    return second_server


@pytest.fixture(scope="module")
def content() -> Content:
    return draw_content()


@pytest.fixture(scope="module")
def addresses(server: PostgresqlServer, content: Content) -> Iterator[tuple[str, str]]:
    """A database with the content, and its version."""
    with search_database(server) as address, closing(open_engine(address, timeout_s=PATIENT_S)) as engine:
        bundle = content.bundle()
        engine.load(bundle)
        yield address, bundle.version


@pytest.fixture
def engine(addresses: tuple[str, str]) -> Iterator[Engine]:
    with closing(open_engine(addresses[0], timeout_s=TIMEOUT_S)) as engine:
        yield engine


@pytest.fixture
def part(engine: Engine, addresses: tuple[str, str]) -> BasePart:
    part = engine.open(addresses[1])
    # A connection is there before anything goes wrong.
    part.warm_up()
    return part


def search(part: BasePart, content: Content) -> list[int]:
    numbers: list[int] = part.candidates((), ()).nearest(content.reduced[5], 20).numbers.tolist()
    return numbers


def expected(content: Content) -> list[int]:
    oracle = Oracle(content)
    return [number for number, _ in oracle.nearest(oracle.numbers, content.reduced[5], 20)]


def answers_again(part: BasePart, content: Content) -> None:
    """It does as soon as the server lets anybody in."""
    give_up_at = time.monotonic() + 20.0
    while True:
        try:
            assert search(part, content) == expected(content)
        except SearchUnavailableError:
            assert time.monotonic() < give_up_at
        else:
            return


@contextmanager
def locked(address: str) -> Iterator[psycopg.Connection]:
    """Nobody can read the points meanwhile."""
    with psycopg.connect(address) as connection:
        connection.execute("LOCK TABLE lookalike_search.v1_points IN ACCESS EXCLUSIVE MODE")
        yield connection


def searching_backend(connection: psycopg.Connection) -> int:
    """The process that a search waits in."""
    give_up_at = time.monotonic() + 10.0
    while time.monotonic() < give_up_at:
        # Else the same answer comes again until the transaction ends.
        connection.execute("SELECT pg_stat_clear_snapshot()")
        found = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone()
        if found is not None:
            return int(found[0])
    raise AssertionError("no search waits")


def fails_in_time(part: BasePart, content: Content, match: str) -> None:
    begun = time.monotonic()
    with pytest.raises(SearchUnavailableError, match=match):
        search(part, content)
    assert time.monotonic() - begun < TIMEOUT_S + LATE_S


def test_a_slow_answer(addresses: tuple[str, str], part: BasePart, content: Content) -> None:
    with locked(addresses[0]):
        fails_in_time(part, content, "took too long|is locked|did not answer in time")
    answers_again(part, content)


def test_a_process_that_is_halted(addresses: tuple[str, str], part: BasePart, content: Content) -> None:
    with locked(addresses[0]) as connection:
        halted: list[int] = []

        def halt() -> None:
            halted.append(searching_backend(connection))
            os.kill(halted[0], signal.SIGSTOP)

        thread = threading.Thread(target=halt)
        thread.start()
        fails_in_time(part, content, "did not answer in time")
        thread.join()
        os.kill(halted[0], signal.SIGCONT)
    answers_again(part, content)


def test_a_process_that_is_killed_in_the_middle(
    addresses: tuple[str, str], part: BasePart, content: Content, server: PostgresqlServer
) -> None:
    """Then the server ends all its processes, and recovers."""
    with psycopg.connect(addresses[0]) as connection:
        connection.execute("LOCK TABLE lookalike_search.v1_points IN ACCESS EXCLUSIVE MODE")
        thread = threading.Thread(target=lambda: os.kill(searching_backend(connection), signal.SIGKILL))
        thread.start()
        fails_in_time(part, content, "is shutting down or starting|cannot be reached|in time")
        thread.join()
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    answers_again(part, content)


def test_a_server_that_is_killed_and_started_again(
    part: BasePart, content: Content, server: PostgresqlServer, engine: Engine
) -> None:
    kill_server(server)
    try:
        # Its children answer until they notice.
        with contextlib.suppress(SearchUnavailableError):
            while True:
                assert search(part, content) == expected(content)
        fails_in_time(part, content, r"cannot be reached|is shutting down")
        with pytest.raises(SearchUnavailableError, match=r"cannot be reached|is shutting down"):
            engine.versions()
    finally:
        restart_server(server)
    # Connections of before are closed; the very next search makes a new one.
    assert search(part, content) == expected(content)


def test_all_connections_that_were_closed_meanwhile(part: BasePart, content: Content, server: PostgresqlServer) -> None:
    start = threading.Barrier(8)

    def ask() -> None:
        start.wait()
        search(part, content)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lookalike'")
    for _ in range(10):
        assert search(part, content) == expected(content)


def test_more_searches_than_connections(
    addresses: tuple[str, str], part: BasePart, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST", 2)
    with closing(open_engine(addresses[0], timeout_s=TIMEOUT_S)) as engine, locked(addresses[0]):
        narrow = engine.open
        refused: list[str] = []

        def ask() -> None:
            try:
                narrow(addresses[1])
            except SearchUnavailableError as error:
                refused.append(str(error))

        threads = [threading.Thread(target=ask) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(refused) == 5
        assert any("all 2 connections" in message for message in refused)
    answers_again(part, content)


def test_a_version_that_was_removed_under_a_search(server: PostgresqlServer, content: Content) -> None:
    bundle = content.bundle()
    with search_database(server) as address, closing(open_engine(address, timeout_s=PATIENT_S)) as engine:
        engine.load(bundle)
        part = engine.open(bundle.version)
        engine.remove(bundle.version)
        with pytest.raises(SearchUnavailableError, match=r"no longer holds this version.*index load"):
            search(part, content)
        assert engine.versions() == []
        engine.remove(bundle.version)


def test_what_stays_in_memory(part: BasePart) -> None:
    assert isinstance(part, PostgresqlPart)
    arrays = [value for value in vars(part).values() if isinstance(value, np.ndarray)]
    assert arrays == []
    held = vars(part)["_held"]
    assert held.listed.nbytes == 8 * len(part)

"""PostgreSQL behind a pooler that gives each transaction another connection of the server."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing

import psycopg
import pytest
from sqlalchemy import Connection

from catalogue.database import Database
from catalogue.items import Delete, Patch
from catalogue.live_catalogue import LiveCatalogue
from tests.catalogue.made_items import MODEL, put
from tests.catalogue.pgbouncer import pgbouncer
from tests.catalogue.postgresql_server import PostgresqlServer

SETTINGS = {
    "statement_timeout": "1min",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "1min",
    "synchronous_commit": "on",
}


@pytest.fixture(scope="module")
def pooled_url(server: PostgresqlServer) -> Iterator[str]:
    """Of an empty database whose server does not wait for its disk unless it is told to."""
    name = server.make_database()
    server.run(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with pgbouncer(server) as port:
        yield f"postgresql://postgres@127.0.0.1:{port}/{name}"


def settings_of(transaction: Callable[[], AbstractContextManager[Connection]]) -> int:
    """Check the settings of a transaction; returns the server's process that ran it."""
    with transaction() as connection:
        shown = {name: connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in SETTINGS}
        assert shown == SETTINGS
        return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def test_a_catalogue_is_made_written_and_read(pooled_url: str) -> None:
    with closing(LiveCatalogue.open(pooled_url, create=True)) as catalogue:
        # The same statements more often than the driver would leave them unprepared.
        for number in range(12):
            catalogue.write(put(f"item {number}", number, {"n": str(number)}))
            catalogue.write(Patch(f"item {number}", {"n": "new"}))
            assert len(catalogue.changes(after=0, model=MODEL).items) == number + 1
        for number in range(6):
            catalogue.write(Delete(f"item {number}"))
        assert [item.id for item in catalogue.all_items(MODEL)] == [f"item {number}" for number in range(6, 12)]
        assert len(set(catalogue.stored_pictures())) == 12
        assert catalogue.purge(up_to=catalogue.sequence()) == 6
        assert catalogue.state().items == 6


def test_each_transaction_has_its_limits_and_leaves_none_behind(pooled_url: str) -> None:
    LiveCatalogue.open(pooled_url, create=True).close()
    database = Database(pooled_url, create=False)
    with closing(database):
        backends = [settings_of(database.reading)]
        with database.reading():
            # Meanwhile the pooler needs another connection of the server.
            backends += [settings_of(transaction) for transaction in (database.reading, database.writing) * 2]
        assert len(set(backends)) > 1
    # As another program sees it that shares the pooler.
    with psycopg.connect(pooled_url, prepare_threshold=None) as shared:
        assert shared.execute("SHOW lock_timeout").fetchone() == ("0",)

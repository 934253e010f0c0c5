"""Connections to the database: pools, time limits, and how a transaction begins."""

import sqlite3
import time
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from catalogue.database_url import DatabaseUrl

# Asked of a connection that will write; see `catalogue.database.Database.writing`.
WRITES: Final = "lookalike_writes"
BUSY_TIMEOUT_S: Final = 10.0
_CONNECTIONS: Final = 5
_MORE_CONNECTIONS: Final = 15
_POOL_TIMEOUT_S: Final = 10.0
_CONNECT_TIMEOUT_S: Final = 3
_STATEMENT_TIMEOUT_S: Final = 60
_IDLE_TIMEOUT_S: Final = 60
# SQLite's own waiting sleeps up to a tenth of a second at a time, and an import would be in again before it wakes.
_BETWEEN_TRIES_S: Final = 0.002


def open_engine(where: DatabaseUrl) -> Engine:
    """An engine that has not connected yet; `dispose` it."""
    if where.file is not None:
        return _sqlite(where)
    return _postgresql(where)


def _sqlite(where: DatabaseUrl) -> Engine:
    engine = create_engine(
        where.url,
        pool_size=_CONNECTIONS,
        max_overflow=_MORE_CONNECTIONS,
        pool_timeout=_POOL_TIMEOUT_S,
        hide_parameters=True,
        # Transactions are begun below: left to itself, the driver begins one only with the first change, and two
        # that have read and then want to write would block each other.
        connect_args={"isolation_level": None, "timeout": BUSY_TIMEOUT_S},
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
    if mode != "wal":
        raise sqlite3.OperationalError(f"it keeps no write-ahead log, but {mode}")
    # A transaction is on the disk before it is answered.
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    # What is deleted is overwritten, and not only marked as free.
    connection.execute("PRAGMA secure_delete=ON")


def _begin_sqlite(connection: Connection) -> None:
    driver: Any = connection.connection.dbapi_connection
    if not connection.get_execution_options().get(WRITES, False):
        driver.execute("BEGIN")
        return
    give_up_at = time.monotonic() + BUSY_TIMEOUT_S
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= give_up_at:
                    raise
            else:
                return
            time.sleep(_BETWEEN_TRIES_S)
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1_000:.0f}")


def _postgresql(where: DatabaseUrl) -> Engine:
    # What the address itself says comes first.
    defaults: dict[str, Any] = {
        "connect_timeout": _CONNECT_TIMEOUT_S,
        "application_name": "lookalike",
        # A server that is gone is noticed within five seconds, also while nothing is sent to it.
        "keepalives_idle": 3,
        "keepalives_interval": 1,
        "keepalives_count": 2,
        "tcp_user_timeout": 5_000,
        # A statement that was prepared in one transaction is unknown in the next one behind a pooler.
        "prepare_threshold": None,
    }
    engine = create_engine(
        where.url,
        pool_size=_CONNECTIONS,
        max_overflow=_MORE_CONNECTIONS,
        pool_timeout=_POOL_TIMEOUT_S,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={name: value for name, value in defaults.items() if name not in where.url.query}
        | dict(where.hidden),
    )
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _begin_postgresql(connection: Connection) -> None:
    # For this transaction only, and by statements: a pooler such as pgbouncer gives each transaction another connection
    # of the server, and passes on no options.
    connection.exec_driver_sql(
        f"SET LOCAL statement_timeout = '{_STATEMENT_TIMEOUT_S}s'; "
        f"SET LOCAL lock_timeout = '{BUSY_TIMEOUT_S * 1_000:.0f}ms'; "
        # A machine that stops in the middle of a write would hold up all others.
        f"SET LOCAL idle_in_transaction_session_timeout = '{_IDLE_TIMEOUT_S}s'; "
        # A server may be set not to wait for its disk.
        "SET LOCAL synchronous_commit = 'on'"
    )

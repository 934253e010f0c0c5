"""How large the catalogue is."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, text

from catalogue.schema import REVISIONS
from catalogue.tables import HEAD, ITEMS


@dataclass(frozen=True, slots=True)
class State:
    """What a person wants to know of the database.

    Attributes:
        schema: its revision.
        sequence: of the newest change.
        items: live ones.
        deleted: deleted ones that are not forgotten.
        size_bytes: of the database, without its log.
        caution: what could be safer, and what to do, as two halves of a sentence; None: nothing.
    """

    schema: str
    sequence: int
    items: int
    deleted: int
    size_bytes: int
    caution: tuple[str, str] | None


def read_state(connection: Connection) -> State:
    """Count."""
    counted = select(ITEMS.c.deleted, func.count()).group_by(ITEMS.c.deleted)
    counts = {bool(deleted): count for deleted, count in connection.execute(counted)}
    return State(
        REVISIONS[-1],
        connection.execute(select(HEAD.c.sequence)).scalar_one(),
        counts.get(False, 0),
        counts.get(True, 0),
        _size_bytes(connection),
        _caution(connection) if connection.dialect.name == "postgresql" else None,
    )


def _size_bytes(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    return int(pages * connection.execute(text("PRAGMA page_size")).scalar_one())


def _caution(connection: Connection) -> tuple[str, str] | None:
    driver: Any = connection.connection.dbapi_connection
    host = str(driver.info.host or "")
    if not driver.pgconn.ssl_in_use and not host.startswith(("/", "127.", "::1", "localhost")):
        return (
            "and the connection is not encrypted",
            "put ?sslmode=verify-full&sslrootcert=FILE into its address, unless the network between is your own",
        )
    if connection.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).scalar():
        return (
            "and its user is a superuser, who may read every file of the server",
            "make the users of docs/live-catalogue.md, and name one of them",
        )
    return None

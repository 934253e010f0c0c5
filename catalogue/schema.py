"""The schema of the database: which one it has, and how it gets the one that this version of Lookalike needs."""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from catalogue.database_url import DatabaseUrl
from contracts.errors import DatabaseError, DatabaseUnavailableError

# Not Alembic's own name: another program in the same database may use that.
VERSION_TABLE: Final = "lookalike_schema"
# Each is one file of `migrations/versions`; the last is the one that the code needs.
REVISIONS: Final = ("0001", "0002")
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_UPGRADE_LOCK: Final = 0x6C6F6F6B616C696B  # "lookalik"


def check_schema(connection: Connection, where: DatabaseUrl) -> None:
    """Refuse a database without the schema that the code needs.

    Raises:
        DatabaseUnavailableError: it has none or an older one, until the importer has made it.
        DatabaseError: it has a newer one.
    """
    found = _revision(connection)
    if found is None:
        raise DatabaseUnavailableError(
            f"the database {where.shown} holds no catalogue yet; the importer makes it, as `lookalike import` does"
        )
    _refuse_newer(found, where)
    if found != REVISIONS[-1]:
        raise DatabaseUnavailableError(
            f"the database {where.shown} has schema {found}, and this version of Lookalike needs {REVISIONS[-1]}; "
            "make a backup and start the importer, which brings it up to date"
        )


def upgrade_schema(connection: Connection, where: DatabaseUrl) -> None:
    """Make or update the tables, in the transaction of the connection.

    Raises:
        DatabaseError: the database has a newer schema, or belongs to another program.
    """
    if connection.dialect.name == "postgresql":
        # Two processes may start at once; SQLite's transaction keeps the second out by itself.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
        _refuse_other_encodings(connection, where)
    found = _revision(connection)
    if found == REVISIONS[-1]:
        return
    if found is None:
        _refuse_tables_of_others(connection, where)
    else:
        _refuse_newer(found, where)
    # Only who makes the schema needs Alembic, which takes a while to load.
    from alembic import command
    from alembic.config import Config

    config = Config()
    # A percent sign would begin a variable.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, REVISIONS[-1])


def _revision(connection: Connection) -> str | None:
    """The schema that the database has; None: none of ours."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608  a constant
    return None if found is None else str(found)


def _refuse_newer(found: str, where: DatabaseUrl) -> None:
    if found not in REVISIONS:
        raise DatabaseError(
            f"the database {where.shown} has schema {found:.40}, which this version of Lookalike does not know; "
            "install the version that made it, or a newer one"
        )


def _refuse_tables_of_others(connection: Connection, where: DatabaseUrl) -> None:
    others = sorted(inspect(connection).get_table_names())
    if others:
        raise DatabaseError(
            f"the database {where.shown} holds tables of another program, such as {others[0]:.60}; give the catalogue "
            "a database of its own"
        )


def _refuse_other_encodings(connection: Connection, where: DatabaseUrl) -> None:
    encoding = connection.execute(text("SHOW server_encoding")).scalar()
    if encoding != "UTF8":
        raise DatabaseError(
            f"the database {where.shown} stores text as {encoding}, which lacks characters; make it with "
            "`createdb --encoding UTF8 --template template0`"
        )

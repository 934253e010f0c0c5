"""What a database says when something fails, as errors of the project, never with a password."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from catalogue.database_url import DatabaseUrl
from contracts.errors import DatabaseError, DatabaseUnavailableError
from contracts.postgresql_refusals import refused_state

# Of SQLite, by primary code: what is wrong, what to do.
_SQLITE: Final[dict[int, tuple[str, str]]] = {
    sqlite3.SQLITE_BUSY: ("is being written by another process for too long", "try again"),
    sqlite3.SQLITE_LOCKED: ("is being written by another process for too long", "try again"),
    sqlite3.SQLITE_READONLY: (
        "cannot be written",
        "let this user write the file, those beside it that begin with its name, and its folder",
    ),
    sqlite3.SQLITE_PERM: ("cannot be opened", "let this user read and write the file and its folder"),
    sqlite3.SQLITE_CANTOPEN: ("cannot be opened", "let this user read and write the file and its folder"),
    sqlite3.SQLITE_FULL: ("cannot grow, because the disk is full", "free some space"),
    sqlite3.SQLITE_IOERR: ("cannot be read or written", "look whether its disk is full or damaged"),
}
_SQLITE_FOR_GOOD: Final[dict[int, tuple[str, str]]] = {
    sqlite3.SQLITE_CORRUPT: ("is damaged", "restore it from a backup"),
    sqlite3.SQLITE_NOTADB: ("is no SQLite database", "name another file, which will be made"),
}
# Of PostgreSQL, by the beginning of the SQLSTATE.
_POSTGRESQL: Final[tuple[tuple[str, str, str], ...]] = (
    ("25006", "is read only", "name the primary, not a replica"),
    ("28", "refuses the user or password", "correct them in LOOKALIKE_DATABASE_URL"),
    ("3D000", "does not exist", "make it with `createdb`, or correct LOOKALIKE_DATABASE_URL"),
    ("42501", "refuses this user a right", "give it the rights that docs/live-catalogue.md lists"),
    ("53100", "cannot grow, because the disk is full", "free some space there"),
    ("53", "has no room for more connections or memory", "raise its max_connections, or run fewer processes"),
    ("55P03", "is being written by another process for too long", "try again"),
    ("57014", "took too long", "try again"),
    ("57P", "is shutting down or starting", "try again"),
    ("55000", "accepts no connections now", "try again"),
    ("40", "gave way to another transaction", "try again"),
)
_LOST: Final = "cannot be reached"
_ENCRYPTION: Final = ("SSL", "certificate")


@contextmanager
def as_project_errors(where: DatabaseUrl) -> Iterator[None]:
    """Turn what SQLAlchemy and its drivers raise in the block into errors of the project.

    Raises:
        DatabaseUnavailableError: a later try may succeed.
        DatabaseError: none will.
    """
    try:
        yield
    except PoolTimeoutError:
        raise DatabaseUnavailableError(
            f"the database {where.shown} is busy: all connections of this process are in use; try again"
        ) from None
    except sqlite3.Error as error:
        raise _of_sqlite(error, where) from None
    except DBAPIError as error:
        original = error.orig
        if isinstance(original, sqlite3.Error):
            raise _of_sqlite(original, where) from None
        raise _of_postgresql(error, where) from None
    except UnicodeEncodeError:
        raise DatabaseError(
            f"the database {where.shown} was to store half of a surrogate pair, which is no text; correct that text"
        ) from None
    except (NoSuchModuleError, SQLAlchemyError) as error:
        raise DatabaseError(f"the database {where.shown} cannot be used ({_said(error, where)})") from None


def _of_sqlite(error: sqlite3.Error, where: DatabaseUrl) -> DatabaseError | DatabaseUnavailableError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    for known, kind in ((_SQLITE, DatabaseUnavailableError), (_SQLITE_FOR_GOOD, DatabaseError)):
        if code in known:
            says, mend = known[code]
            return kind(f"the database {where.file} {says} ({_said(error, where)}); {mend}")
    return DatabaseError(f"the database {where.file} cannot be used ({_said(error, where)})")


def _of_postgresql(error: DBAPIError, where: DatabaseUrl) -> DatabaseError | DatabaseUnavailableError:
    said = _said(error.orig or error, where)
    state = getattr(error.orig, "sqlstate", None) or refused_state(said)
    for beginning, says, mend in _POSTGRESQL:
        if state.startswith(beginning):
            return DatabaseUnavailableError(f"the database {where.shown} {says} ({said}); {mend}")
    if not state and any(word in said for word in _ENCRYPTION) and isinstance(error, OperationalError):
        return DatabaseUnavailableError(
            f"the database {where.shown} is not reached as safely as its address asks for ({said}); let sslrootcert in "
            "the address name the certificate of its authority, or correct sslmode or the server"
        )
    if state.startswith("08") or (not state and isinstance(error, (OperationalError, InterfaceError))):
        return DatabaseUnavailableError(
            f"the database {where.shown} {_LOST} ({said}); start it, or correct its address"
        )
    if not state and isinstance(error, ProgrammingError):
        return DatabaseError(f"the address of the database {where.shown} has an option that cannot be used ({said})")
    return DatabaseError(f"the database {where.shown} cannot be used ({said})")


def _said(error: BaseException, where: DatabaseUrl) -> str:
    """The first line of what the driver said, without what must not be shown."""
    text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
    for secret in where.secrets:
        text = text.replace(secret, "***")
    return text[:300]

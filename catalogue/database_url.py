"""The address of the database: which one it names, and how it is shown without its password."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from contracts.errors import DatabaseError
from contracts.redis_url import address_without_password

_FORMS: Final = "write sqlite:////folder/catalogue.db or postgresql://user:password@host/database"
_ESCAPING: Final = "in a password, write % as %25, @ as %40, / as %2F, : as %3A, # as %23 and ? as %3F"
_POSTGRESQL: Final = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
# Of the Python driver and not of libpq: as a text, `autocommit=0` would end every transaction at once.
_NOT_OF_ADDRESSES: Final = frozenset({"autocommit", "context", "cursor_factory", "prepare_threshold", "row_factory"})


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """A checked address.

    Attributes:
        url: for SQLAlchemy, with the password.
        shown: for messages, without it.
        file: of SQLite; None: it is PostgreSQL.
        secrets: what must appear in no message.
        hidden: options that are secrets; `url` has them no more, because SQLAlchemy shows its options.
    """

    url: URL
    shown: str
    file: Path | None
    secrets: tuple[str, ...] = ()
    hidden: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"DatabaseUrl({self.shown})"


def parse_database_url(text: str) -> DatabaseUrl:
    """Check an address; connects to nothing.

    Raises:
        DatabaseError: it is none, of another kind of database, or names no database; the message never says a password.
    """
    shown = address_without_password(text.strip())
    try:
        url = make_url(text.strip())
        driver = url.drivername
    except (ArgumentError, ValueError):
        # Its own message may quote the password.
        raise DatabaseError(f"the database's address {shown:.100} cannot be read; {_FORMS}; {_ESCAPING}") from None
    if driver in {"sqlite", "sqlite+pysqlite"}:
        return _sqlite(url, shown)
    if driver in _POSTGRESQL:
        return _postgresql(url, shown)
    raise DatabaseError(f"the database's address {shown:.100} names neither SQLite nor PostgreSQL; {_FORMS}")


def _sqlite(url: URL, shown: str) -> DatabaseUrl:
    name = url.database or ""
    if url.host or not name or name == ":memory:" or name.startswith("file:") or name.endswith("/"):
        raise DatabaseError(
            f"the database's address {shown:.100} names no file, and what is only in memory would be lost; write "
            "sqlite:///catalogue.db, or sqlite:////folder/catalogue.db with a full path"
        )
    if url.query or "\x00" in name:
        raise DatabaseError(f"the database's address {shown:.100} must be sqlite:/// and a path alone; remove the rest")
    file = Path(name).absolute()
    return DatabaseUrl(URL.create("sqlite+pysqlite", database=str(file)), f"sqlite:///{file}", file)


def _postgresql(url: URL, shown: str) -> DatabaseUrl:
    if "@" in (url.host or ""):
        raise DatabaseError(
            f"in the database's address {shown:.100}, host and password cannot be told apart; {_ESCAPING}"
        )
    if not url.database and not url.query.get("dbname"):
        raise DatabaseError(f"the database's address {shown:.100} names no database; append /DATABASE to it")
    if wrong := sorted(_NOT_OF_ADDRESSES.intersection(url.query)):
        raise DatabaseError(f"the database's address {shown:.100} must not have the option {wrong[0]}; remove it")
    if twice := sorted(name for name, value in url.query.items() if not isinstance(value, str) and name != "host"):
        raise DatabaseError(f"the database's address {shown:.100} has the option {twice[0]:.40} twice; remove one")
    hidden = {name: str(value) for name, value in url.query.items() if "password" in name or "secret" in name}
    bare = url.set(drivername="postgresql+psycopg").difference_update_query(list(hidden))
    return DatabaseUrl(bare, shown, None, _spellings({str(url.password or ""), *hidden.values()}), hidden)


def _spellings(secrets: set[str]) -> tuple[str, ...]:
    """Secrets as they are and as addresses spell them, the longest first: none is left half replaced."""
    spelled = secrets | {quote(secret, safe="") for secret in secrets}
    return tuple(sorted(spelled - {""}, key=len, reverse=True))

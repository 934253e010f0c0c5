"""The address of a PostgreSQL server, checked, and shown without its password."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from contracts.errors import EngineError
from contracts.redis_url import address_without_password

SCHEMES: Final = ("postgresql", "postgres")
_FORM: Final = "write postgresql://user:password@host/database"
_ESCAPING: Final = "in a password, write % as %25, @ as %40, / as %2F, : as %3A, # as %23, ? as %3F and a space as %20"
_SECRETS: Final = ("password", "sslpassword")


@dataclass(frozen=True, slots=True)
class PostgresqlAddress:
    """A checked address.

    Attributes:
        parameters: of the connection, with the password.
        shown: for messages, without it.
        secrets: what must appear in no message.
    """

    parameters: Mapping[str, Any]
    shown: str
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"PostgresqlAddress({self.shown})"

    def said(self, error: BaseException) -> str:
        """The first line of what a driver said, without what must not be shown."""
        text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text[:300]


def parse_postgresql_address(text: str) -> PostgresqlAddress:
    """Check an address; connects to nothing.

    Raises:
        EngineError: it cannot be read, or names no database; the message never says a password.
    """
    shown = address_without_password(text)
    try:
        parameters = conninfo_to_dict(text)
    except psycopg.Error:
        # Its own message may quote the password.
        raise EngineError(f"the search engine's address {shown:.100} cannot be read; {_FORM}; {_ESCAPING}") from None
    if "@" in str(parameters.get("host") or ""):
        raise EngineError(
            f"in the search engine's address {shown:.100}, host and password cannot be told apart; {_ESCAPING}"
        )
    if not parameters.get("dbname") and not parameters.get("service"):
        raise EngineError(f"the search engine's address {shown:.100} names no database; append /DATABASE to it")
    secrets = tuple(str(parameters[name]) for name in _SECRETS if parameters.get(name))
    return PostgresqlAddress(parameters, shown, secrets)

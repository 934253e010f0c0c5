"""What PostgreSQL says when something fails, as errors of the project, never with a password."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg

from contracts.errors import EngineError, SearchUnavailableError
from contracts.postgresql_refusals import refused_state
from engines.postgresql.address import PostgresqlAddress

# By the beginning of the SQLSTATE: what is wrong, what to do.
_FOR_GOOD: Final[tuple[tuple[str, str, str], ...]] = (
    ("25006", "is read only", "name the primary, not a replica, and a user who may write"),
    ("28", "refuses the user or password", "correct them in the address"),
    ("3D000", "does not exist", "make it with `createdb`, or correct the address"),
    ("42501", "refuses this user a right", "give it the rights that docs/search-engines.md lists"),
    ("54", "cannot hold this", "see docs/search-engines.md for its limits"),
)
_FOR_NOW: Final[tuple[tuple[str, str, str], ...]] = (
    ("53100", "cannot grow, because the disk is full", "free some space there, and try again"),
    ("53", "has no room for more connections or memory", "raise its max_connections, or run fewer processes"),
    ("57014", "took too long", "try again, or raise LOOKALIKE_SEARCH_TIMEOUT_S"),
    ("57P", "is shutting down or starting", "try again"),
    ("55000", "accepts no connections now", "try again"),
    ("55P03", "is locked by another process for too long", "try again"),
    ("40", "gave way to another transaction", "try again"),
    ("42P01", "no longer holds this version", "load it again with `lookalike index load`"),
)


class DeadlineError(Exception):
    """A statement was not answered in time."""


@contextmanager
def as_project_errors(address: PostgresqlAddress) -> Iterator[None]:
    """Turn what the driver raises in the block into errors of the project.

    Raises:
        SearchUnavailableError: a later try may succeed.
        EngineError: none will.
    """
    try:
        yield
    except DeadlineError:
        raise SearchUnavailableError(
            f"the search engine {address.shown} did not answer in time; try again, or raise LOOKALIKE_SEARCH_TIMEOUT_S"
        ) from None
    except psycopg.Error as error:
        raise project_error(error, address) from None


def project_error(error: psycopg.Error, address: PostgresqlAddress) -> EngineError | SearchUnavailableError:
    """The error of the project that an error of the driver is."""
    state = error.sqlstate or ""
    said = address.said(error)
    if not state:
        # While connecting, the state is not passed on, only what the server said.
        state = refused_state(str(error))
    for beginning, says, mend in _FOR_GOOD:
        if state.startswith(beginning):
            return EngineError(f"the search engine {address.shown} {says} ({said}); {mend}")
    for beginning, says, mend in _FOR_NOW:
        if state.startswith(beginning):
            return SearchUnavailableError(f"the search engine {address.shown} {says} ({said}); {mend}")
    if state.startswith("08") or (not state and isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))):
        return SearchUnavailableError(
            f"the search engine {address.shown} cannot be reached ({said}); start it, or correct its address"
        )
    return EngineError(f"the search engine {address.shown} cannot be used ({said})")

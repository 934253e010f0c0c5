"""What PostgreSQL means where it refuses a connection."""

import re
from typing import Final

# Patterns of what the server says: the SQLSTATE, which the driver does not pass on while it connects.
_REFUSALS: Final[tuple[tuple[str, str], ...]] = (
    ("too many connections", "53300"),
    ("too many clients", "53300"),
    ("remaining connection slots", "53300"),
    ("authentication failed", "28P01"),
    ("no password supplied", "28P01"),
    ("no pg_hba.conf entry", "28000"),
    ("is not permitted to log in", "28000"),
    ("permission denied for database", "42501"),
    ("the database system is", "57P03"),
    ("not currently accepting connections", "55000"),
    ('database "[^"]*" does not exist', "3D000"),
)


def refused_state(said: str) -> str:
    """The SQLSTATE of a refused connection, by the server's message; empty if it is none of those that are known."""
    return next((state for words, state in _REFUSALS if re.search(words, said)), "")

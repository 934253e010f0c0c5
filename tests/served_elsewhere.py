"""With LOOKALIKE_TEST_SEARCH=postgresql, what the tests build is served from a real PostgreSQL instead of from memory.

`make test-engines` sets it. The same server then holds the live catalogues. See `tests.postgresql_for_all`.
"""

import os
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from tests.postgresql_for_all import ServedElsewhere

ASKED: Final = os.environ.get("LOOKALIKE_TEST_SEARCH") == "postgresql"
of_memory: Final = pytest.mark.skipif(ASKED, reason="it looks into an index in memory, or a database in a file")
RUNNING: Final[list["ServedElsewhere"]] = []


def asked_for() -> "ServedElsewhere | None":
    """What every application serves from; None: memory."""
    return RUNNING[0] if RUNNING else None

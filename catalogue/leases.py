"""Who works on an import.

No clock that can be set is asked. An import counts the signs of life of whoever works on it. Another process takes it
over when it has watched that count stand still for the time of the lease, on its own monotonic clock.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from catalogue.import_records import ImportRecord, ImportStatus
from catalogue.import_rows import now, record_of
from catalogue.tables import HEAD, IMPORTS
from contracts.errors import LeaseLostError

# An import at which every process dies would otherwise keep all later ones from their turn.
MOST_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class _Watched:
    """What was last seen of an import that somebody else works on."""

    import_id: str
    beat: int
    since: float


class Leases:
    """What this process has seen of others' imports.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._watched: _Watched | None = None

    def is_free(self, row: Row[Any], owner: str) -> bool:
        """Whether nobody else works on an unfinished import."""
        if row.status == "queued" or row.owner == owner:
            return True
        with self._lock:
            watched = self._watched
            if watched is None or (watched.import_id, watched.beat) != (row.id, row.beat):
                self._watched = _Watched(row.id, row.beat, self._clock())
                return False
            return bool(self._clock() - watched.since >= row.lease_s)

    def take(self, connection: Connection, row: Row[Any], owner: str, lease_s: float) -> ImportRecord | None:
        """Make an import one's own; None: it was tried too often, and has failed."""
        if row.attempts >= MOST_ATTEMPTS:
            self.end(
                connection,
                row.id,
                "failed",
                f"the process that ran it ended {MOST_ATTEMPTS} times at row {row.position + 1:,}; look into its log, "
                "and leave that row out of the feed",
            )
            return None
        first_number = row.first_number
        if first_number is None:
            first_number = connection.execute(select(HEAD.c.next_number)).scalar_one()
        connection.execute(
            update(IMPORTS)
            .where(IMPORTS.c.id == row.id)
            .values(
                status="running",
                owner=owner,
                lease_s=lease_s,
                attempts=row.attempts + 1,
                beat=row.beat + 1,
                first_number=first_number,
                updated_at=now(),
            )
        )
        return record_of(connection.execute(select(IMPORTS).where(IMPORTS.c.id == row.id)).one())

    def end(self, connection: Connection, import_id: str, status: ImportStatus, detail: str | None) -> None:
        """Record how an import ended."""
        ended = {"status": status, "detail": detail, "owner": None, "updated_at": now()}
        connection.execute(update(IMPORTS).where(IMPORTS.c.id == import_id).values(ended))


def check_owner(connection: Connection, import_id: str, owner: str) -> None:
    """Give a sign of life.

    Raises:
        LeaseLostError: the import is somebody else's, finished, or does not exist.
    """
    mine = (IMPORTS.c.id == import_id, IMPORTS.c.owner == owner, IMPORTS.c.status == "running")
    beaten = connection.execute(update(IMPORTS).where(*mine).values(beat=IMPORTS.c.beat + 1))
    if beaten.rowcount != 1:
        raise LeaseLostError(f"import {import_id:.40} is finished, or another process has taken it over")

"""Claiming imports and running them to their end."""

import logging
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from catalogue.import_records import ImportRecord
from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import (
    DatabaseUnavailableError,
    FeedError,
    LeaseLostError,
    LookalikeError,
    StoreUnavailableError,
)
from importer.importing import LEASE_S, run_import
from importer.sources import COMMAND, fetched_path, is_url, spooled_feed
from importer.surroundings import Surroundings

logger = logging.getLogger(__name__)

# A command claims what it has queued at once.
_COMMANDS_OWN_S = 60.0
# Its file may be on another machine, where somebody runs the command again.
_ABSENT_S = 86_400.0


def claim_next(catalogue: LiveCatalogue, owner: str, *, commands_too: bool) -> ImportRecord | None:
    """Claim the next import.

    Args:
        catalogue: the database.
        owner: name of this process.
        commands_too: also what a command queued just now and will claim itself.

    Raises:
        DatabaseUnavailableError: the database is away.
    """
    if not commands_too:
        unfinished = [record for record in catalogue.imports.latest(100) if record.status in {"queued", "running"}]
        if not unfinished:
            return None
        oldest = unfinished[-1]
        if oldest.caller == COMMAND and _age_s(oldest) < (_COMMANDS_OWN_S if _is_here(oldest) else _ABSENT_S):
            return None
    return catalogue.imports.claim(owner, lease_s=LEASE_S)


def finish_claimed(record: ImportRecord, owner: str, around: Surroundings) -> ImportRecord | None:
    """Run a claimed import to its end.

    Returns:
        The record as it ended; None if another process has taken it over.

    Raises:
        Stopped: it was asked to stop.
        DatabaseUnavailableError, StoreUnavailableError, OSError: something is away; claim it again later.
    """
    try:
        ended = run_import(record, owner, around)
    except (DatabaseUnavailableError, StoreUnavailableError):
        raise
    except LeaseLostError as error:
        logger.warning("%s", error)
        return None
    except LookalikeError as error:
        ended = _failed(record, owner, around, str(error))
    _remove_feed(record, around)
    return ended


def _remove_feed(record: ImportRecord, around: Surroundings) -> None:
    """Remove the file of a feed that came over HTTP; one that stays here is cleared up later."""
    if record.caller == COMMAND and not is_url(record.source):
        return
    with suppress(OSError, FeedError):
        path = fetched_path(around.work, record.id) if is_url(record.source) else None
        (path or spooled_feed(record.source, around.spool)).unlink(missing_ok=True)


def _failed(record: ImportRecord, owner: str, around: Surroundings, detail: str) -> ImportRecord:
    around.catalogue.imports.finish(record.id, owner, "failed", detail)
    return around.catalogue.imports.get(record.id) or record


def _is_here(record: ImportRecord) -> bool:
    """Whether the file that a command named is on this machine."""
    return is_url(record.source) or Path(record.source.rpartition(":")[2]).exists()


def _age_s(record: ImportRecord) -> float:
    return (datetime.now(UTC) - record.created_at).total_seconds()

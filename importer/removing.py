"""The end of a replacing import: what its feed did not name is deleted, unless that is too much."""

from collections.abc import Callable

from catalogue.import_records import ImportRecord
from catalogue.imports import Imports
from importer.stopped import Stopped

_AT_ONCE = 1_000


def remove_unseen(imports: Imports, record: ImportRecord, owner: str, *, stopping: Callable[[], bool]) -> str | None:
    """Delete the items that a feed did not name.

    Args:
        imports: of the catalogue.
        record: of the import, as it was claimed.
        owner: who claimed it.
        stopping: whether to stop between batches.

    Returns:
        Why nothing was deleted, a sentence; None: everything was.

    Raises:
        Stopped: `stopping` said so.
    """
    now = imports.get(record.id) or record
    unseen = imports.count_unseen(record.id)
    # Of an import that was killed here, some are gone already.
    removed, live = now.deleted + unseen.unseen, now.deleted + unseen.live
    if unseen.unseen and removed > record.max_removed * live:
        return (
            f"the feed does not name {removed:,} of {live:,} items, {removed / live:.1%}, and max_removed is "
            f"{record.max_removed:.1%}; nothing was deleted. If the feed is complete, import it again with a greater "
            "max_removed"
        )
    while imports.remove_unseen(record.id, owner, most=_AT_ONCE):
        if stopping():
            raise Stopped
    return None

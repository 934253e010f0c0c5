"""An index with the changes that the database has; blocks, so call it in a thread."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.items.open_index import OpenIndex
from catalogue.items import Changes
from catalogue.live_catalogue import LiveCatalogue


@dataclass(frozen=True, slots=True)
class Lacking:
    """Changed items that cannot be shown yet.

    Attributes:
        ids: of these items.
        model: version of the network by which they have no embedding.
        after: sequence number after which they changed.
    """

    ids: Sequence[str]
    model: str
    after: int

    def __str__(self) -> str:
        """A sentence for people."""
        return (
            f"{len(self.ids):,} changed items have no embedding by the network {self.model} yet (the first is "
            f"{self.ids[0]!r:.120}); the importer makes them"
        )


@dataclass(frozen=True, slots=True)
class BroughtUp:
    """What came of it.

    Attributes:
        opened: the index with what could be applied.
        lacking: what could not, or None.
    """

    opened: OpenIndex
    lacking: Lacking | None = None


def bring_up(catalogue: LiveCatalogue, opened: OpenIndex, lacked: Lacking | None) -> BroughtUp:
    """Apply all changes since.

    Args:
        catalogue: the database.
        opened: an index of this catalogue.
        lacked: what could not be applied the last time, or None. All changes since then are read again; it does no
            harm to apply one twice, for an item's newest state counts.

    Raises:
        DatabaseUnavailableError: the changes cannot be read now.
        DatabaseError: they are forgotten, or the database is an older copy that never had what the index shows.
    """
    after = first_unknown(opened, lacked)
    return with_changes(opened, catalogue.changes(after=after, model=opened.model_version), lacked)


def first_unknown(opened: OpenIndex, lacked: Lacking | None) -> int:
    """The sequence number after which changes must be read."""
    shown = opened.sequence or 0
    return shown if lacked is None else min(shown, lacked.after)


def with_changes(opened: OpenIndex, changes: Changes, lacked: Lacking | None) -> BroughtUp:
    """Apply changes that were read after `first_unknown`."""
    shown, after = opened.sequence or 0, first_unknown(opened, lacked)
    lacking = Lacking(changes.lacking, opened.model_version, after) if changes.lacking else None
    nothing_came = lacking is None if lacked is None else lacking is not None and lacking.ids == lacked.ids
    if changes.sequence == shown and nothing_came:
        return BroughtUp(opened, lacking)
    return BroughtUp(opened.changed(changes.items, changes.sequence), lacking)


def place_of(catalogue: LiveCatalogue, opened: OpenIndex) -> int | None:
    """The sequence number of the catalogue that an index's bundle stands for; None if it is not of this catalogue.

    Raises:
        DatabaseUnavailableError, DatabaseError: this cannot be read.
    """
    base = opened.live.base
    if base.catalogue is not None and base.sequence is not None:
        return base.sequence if base.catalogue == catalogue.identity else None
    return catalogue.adopted().get(base.version)


def not_of_this(opened: OpenIndex) -> str:
    """Why the items of an index that was not built from the database cannot be changed."""
    return (
        f"index {opened.version} was not built from the database of the live catalogue, so its items cannot be "
        "changed; the importer (`lookalike serve --only importer`) takes them over into an empty database, and a "
        "database with items of its own builds an index with `lookalike index compact`"
    )

"""Running the same queries on two bundles, as the API would."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contracts.errors import UnknownItemError
from contracts.progress import Progress
from index.bundle import Bundle
from index.query import SearchQuery
from index.searcher import Searcher

DEPTH = 10
_SEED = 0


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of both bundles for one item.

    Attributes:
        item: id of the query.
        old, new: ids of the first ten look-alikes without the item itself; None if the bundle lacks the item.
    """

    item: str
    old: tuple[str, ...] | None
    new: tuple[str, ...] | None

    @property
    def overlap(self) -> float:
        """Share of the first ten that both bundles find, 0 to 1; of fewer if there are fewer."""
        old, new = set(self.old or ()), set(self.new or ())
        return len(old & new) / max(len(old), len(new), 1) if old or new else 1.0


def replay(old: Searcher, new: Searcher, queries: Sequence[str], progress: Progress | None = None) -> list[Answers]:
    """Ask both for the look-alikes of each item.

    Args:
        old, new: search the two bundles, in memory or in an engine.
        queries: ids; either bundle may lack some of them.
    """
    answers = []
    for done, item in enumerate(queries, 1):
        answers.append(Answers(item, first_look_alikes(old, item), first_look_alikes(new, item)))
        if progress is not None:
            progress(done, len(queries))
    return answers


def common_items(old: Bundle, new: Bundle) -> list[str]:
    """Ids of the items in both bundles, in the old one's order."""
    ids = (old.items.id(row) for row in range(len(old.items)))
    return [item_id for item_id in ids if new.items.row(item_id) is not None]


def sample_of(common: list[str], size: int) -> list[str]:
    """Up to `size` of the ids, in their order; the same ones on every call."""
    if len(common) <= size:
        return common
    drawn = np.random.default_rng(_SEED).choice(len(common), size, replace=False)
    return [common[place] for place in np.sort(drawn).tolist()]


def first_look_alikes(searcher: Searcher, item_id: str) -> tuple[str, ...] | None:
    """Ids of the first ten look-alikes of an item, or None when there is no such item."""
    try:
        page = searcher.find_like(SearchQuery(limit=DEPTH, excluded_item=item_id), item_id)
    except UnknownItemError:
        return None
    return tuple(item.id for item in page.items)

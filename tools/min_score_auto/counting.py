"""Counting the matches of a query with and without `min_score=auto`, and the right ones among them."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.part_searcher import PartSearcher
from index.query import AUTO, Page, SearchQuery


@dataclass(frozen=True, slots=True)
class Counted:
    """Matches of one query.

    Attributes:
        all, all_right: of the whole catalogue.
        kept, kept_right: with `min_score=auto`.
    """

    all: int
    all_right: int
    kept: int
    kept_right: int


def counted_for_item(searcher: PartSearcher, item_id: str, field: str, right: Collection[str]) -> Counted:
    """The matches of an item, without itself."""
    return _counted(lambda query: searcher.find_like(query, item_id), field, right, item_id)


def counted_for_photo(
    searcher: PartSearcher, embedding: NDArray[np.float32], field: str, right: Collection[str]
) -> Counted:
    """The matches of a photo."""
    return _counted(lambda query: searcher.find(query, embedding), field, right, None)


def _counted(find: Callable[[SearchQuery], Page], field: str, right: Collection[str], itself: str | None) -> Counted:
    everything = find(SearchQuery(facets=(field,), limit=1, excluded_item=itself))
    kept = find(SearchQuery(facets=(field,), limit=1, excluded_item=itself, min_score=AUTO))
    return Counted(everything.total, _right(everything, field, right), kept.total, _right(kept, field, right))


def _right(page: Page, field: str, right: Collection[str]) -> int:
    return sum(count for value, count in (page.facets or {})[field].items() if value in right)

"""Search over a part of a catalogue, or over several parts that are merged into one."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from contracts.errors import UnknownItemError
from contracts.search_defaults import RERANKED
from index.bundle import Bundle
from index.bundle_part import BundlePart
from index.chosen_fields import with_fields
from index.columns.fields import Fields
from index.embedded_rows import EmbeddedRows
from index.part import Candidates, Part, QueryVectors
from index.query import (
    AUTO,
    ColumnDescription,
    FoundItem,
    ItemRecord,
    ListedItem,
    Listing,
    ListingQuery,
    Page,
    SearchQuery,
    ValuesQuery,
)
from index.random_orders import RandomOrders
from index.ranking import Ranking
from index.reduction import Reduction
from index.search_code import SEARCHES

# Above these numbers of items, a query takes long enough (one to three milliseconds) to delay the other requests of an
# event loop. Each condition is a pass over all items. Groups and facets visit each match, once for each of them, and a
# random order is drawn over all items.
_LONG_ITEMS = 200_000
_LONG_ITEMS_OF_GROUPS_OR_FACETS = 20_000
# While there is no machine code, each item is visited.
_LONG_ITEMS_WITHOUT_MACHINE_CODE = 10_000
_LONG_ITEMS_OF_RANDOM_ORDERS = 50_000
# A column may have as many values as there are items, which are then sorted by their counts.
_LONG_ITEMS_OF_VALUES = 20_000
# Values to look up, over all conditions; the search for each one takes some microseconds, however few items there are.
_LONG_VALUES = 500


class PartSearcher:
    """See `index.searcher.Searcher`.

    Args:
        part: the items; `index.merged_part.MergedPart` makes one of several parts.
        reduction: the one of the items' embeddings.
        window: number of best candidates that are re-ranked by their full embeddings; 0: none.
        resemblance_from: cosine of reduced embeddings at which resemblance ends, see `index.resemblance`; None: not
            known.

    Raises:
        ValueError: the window is below 0.
    """

    def __init__(
        self,
        part: Part,
        reduction: Reduction,
        *,
        window: int,
        resemblance_from: float | None = None,
    ) -> None:
        if window < 0:
            raise ValueError(f"window must be 0 or more, got {window}")
        self._part = part
        self._remote = part.remote
        self._items = len(part)
        self._fields = Fields(part.kinds, part)
        self._reduction = reduction
        self._window = window
        self._resemblance_from = resemblance_from
        self._orders = RandomOrders(self._items)

    @classmethod
    def of(cls, bundle: Bundle, *, window: int = RERANKED) -> "PartSearcher":
        """A searcher over a bundle; the default window is that of the API."""
        rows = EmbeddedRows(bundle.gallery, bundle.full_embeddings, bundle.attributes, scoring=bundle.scoring)
        return cls(
            BundlePart(rows, bundle.items),
            bundle.reduction,
            window=window,
            resemblance_from=bundle.resemblance_from,
        )

    @property
    def remote(self) -> bool:
        """See `Searcher`."""
        return self._remote

    def warm_up(self) -> None:
        """Do the work that only the first query of each kind needs, so that no response waits for it."""
        self._part.warm_up()

    def takes_long(self, question: SearchQuery | ListingQuery | ValuesQuery | None) -> bool:
        """See `Searcher`."""
        if self._remote:
            return True
        if question is None:
            return False
        if isinstance(question, ValuesQuery):
            return self._items > _LONG_ITEMS_OF_VALUES
        asked = (*question.conditions, *question.exclusions)
        passes = len({condition.field for condition in asked})
        if sum(len(condition.values) for condition in asked) > _LONG_VALUES or passes * self._items > _LONG_ITEMS:
            return True
        match question:
            case SearchQuery():
                if SEARCHES.slow and self._items > _LONG_ITEMS_WITHOUT_MACHINE_CODE:
                    return True
                visits = (question.group_by is not None) + len(question.facets or ())
                return self._items > _LONG_ITEMS or visits * self._items > _LONG_ITEMS_OF_GROUPS_OR_FACETS
            case ListingQuery():
                drawn = question.seed is not None and (bool(asked) or not self._orders.keeps(question.seed))
                return drawn and self._items > _LONG_ITEMS_OF_RANDOM_ORDERS

    def check(self, query: SearchQuery) -> None:
        """See `Searcher`."""
        self._fields.tests(query.conditions)
        self._fields.tests(query.exclusions)
        self._named(query)

    def find(self, query: SearchQuery, embedding: NDArray[np.float32]) -> Page:
        """See `Searcher`."""
        return self._page(query, QueryVectors(self._reduction.reduce(embedding), embedding))

    def find_like(self, query: SearchQuery, item_id: str) -> Page:
        """See `Searcher`."""
        return self._page(query, self._part.vectors(self._number(item_id)))

    def has(self, item_id: str) -> bool:
        """See `Searcher`."""
        return self._part.number(item_id) is not None

    def having(self, item_ids: Sequence[str]) -> list[bool]:
        """See `Searcher`."""
        return [number is not None for number in self._part.numbers_of(item_ids)]

    def item(self, item_id: str, fields: Sequence[str] | None = None) -> ItemRecord:
        """See `Searcher`."""
        record = self._part.record(self._number(item_id))
        if fields is None:
            return record
        return replace(record, attributes=with_fields(record.attributes, self._names(fields)))

    def listing(self, query: ListingQuery) -> Listing:
        """See `Searcher`."""
        candidates = self._candidates(query)
        if query.seed is None:
            numbers, total = candidates.page(query.offset, query.limit), candidates.count
        else:
            positions: NDArray[np.integer] = self._orders.order(query.seed)
            if query.conditions or query.exclusions:
                # Conditions remove items and do not change the order of the others.
                positions = positions[candidates.mask()[positions]]
            numbers = self._part.numbers_at(positions[query.offset : query.offset + query.limit])
            total = positions.size
        fields = None if query.fields is None else self._names(query.fields)
        return Listing([ListedItem(*item) for item in self._listed(numbers, fields)], total)

    def attributes(self) -> Sequence[ColumnDescription]:
        """See `Searcher`."""
        return self._part.describe()

    def values(self, query: ValuesQuery) -> dict[str, int]:
        """See `Searcher`."""
        self._fields.kind(query.field)
        return self._part.find_values(query.field, query.prefix, query.limit)

    def _page(self, query: SearchQuery, vectors: QueryVectors) -> Page:
        excluded = None if query.excluded_item is None else self._part.number(query.excluded_item)
        candidates = self._candidates(query, excluded)
        query = self._named(query)
        ranking = self._ranking(candidates, vectors)
        min_score = None if query.min_score == AUTO else query.min_score
        if query.min_score == AUTO and self._resemblance_from is not None:
            candidates = ranking.resembling(self._resemblance_from)
            ranking = self._ranking(candidates, vectors)
        if query.group_by is None:
            found = ranking.page(limit=query.limit, offset=query.offset, min_score=min_score)
        else:
            found = ranking.groups(query.group_by, limit=query.limit, offset=query.offset, min_score=min_score)
        facets = None
        if query.facets is not None:
            matching = candidates if min_score is None else ranking.matching(min_score)
            facets = {field: matching.count_values(field, query.facet_values) for field in query.facets}
        items = self._listed(found.numbers, query.fields)
        return Page(
            [FoundItem(*item, score) for item, score in zip(items, found.scores.tolist(), strict=True)],
            found.total,
            facets,
        )

    def _ranking(self, candidates: Candidates, vectors: QueryVectors) -> Ranking:
        return Ranking(candidates, vectors, window=self._window)

    def _candidates(self, query: SearchQuery | ListingQuery, excluded: int | None = None) -> Candidates:
        return self._part.candidates(
            self._fields.tests(query.conditions), self._fields.tests(query.exclusions), excluded
        )

    def _listed(self, numbers: NDArray[np.int64], fields: Sequence[str] | None) -> list[tuple[str, bytes]]:
        items = self._part.listed(numbers)
        if fields is None:
            return items
        return [(item_id, with_fields(attributes, fields)) for item_id, attributes in items]

    def _names(self, fields: Sequence[str]) -> tuple[str, ...]:
        return tuple(map(self._fields.name, fields))

    def _named(self, query: SearchQuery) -> SearchQuery:
        """The query with its fields, groups and facets by the names that are stored.

        Raises:
            FilterError: one of them is unknown, or items cannot be grouped by it.
        """
        if query.group_by is None and query.facets is None and query.fields is None:
            return query
        group_by = None if query.group_by is None else self._fields.group(query.group_by)
        facets = None if query.facets is None else self._names(query.facets)
        fields = None if query.fields is None else self._names(query.fields)
        return replace(query, group_by=group_by, facets=facets, fields=fields)

    def _number(self, item_id: str) -> int:
        number = self._part.number(item_id)
        if number is None:
            raise UnknownItemError(item_id)
        return number

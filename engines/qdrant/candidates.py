"""The items of a version that pass conditions."""

from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from contracts.text_form import is_unicode
from engines.exact_tail import Fetched, exact_nearest, margin
from engines.qdrant.conditions import Where
from index.exact.plain_searches import dots
from index.full_cosines import compared, full_cosines
from index.grouping import number_groups
from index.part import GroupsFound, Nearest, QueryVectors, Reranked
from index.scoring import scores
from index.unit_vectors import unit_query

if TYPE_CHECKING:
    from engines.qdrant.part import QdrantPart

FEW: Final = 10_000
"""So many items are looked at one by one in less time than an approximate index takes to leave out all others."""


class QdrantCandidates:
    """See `index.part.Candidates`.

    Args:
        part: the part of these candidates.
        where: all conditions on its points, unless the candidates are known.
        known: (M,) int64, rising, the numbers of the candidates, if they are known.
    """

    def __init__(self, part: "QdrantPart", where: Where, known: NDArray[np.int64] | None = None) -> None:
        self._part = part
        self._where = where if known is None else Where().among(known.tolist())
        self._known = known

    @cached_property
    def count(self) -> int:
        """Number of candidates."""
        if self._known is not None:
            return int(self._known.size)
        return self._part.collection.count(self._where)

    def nearest(self, reduced: NDArray[np.float32], k: int) -> Nearest:
        """See `Candidates`."""
        unit = unit_query(reduced, self._part.components)
        if not self.count:
            return Nearest(np.empty(0, np.int64), np.empty(0, np.float64))
        exact = not self._approximately
        return exact_nearest(_Searched(self._part, self._where, self.count, exact=exact), unit, k, exact=exact)

    def reranked(self, vectors: QueryVectors, window: int, k: int) -> Reranked | None:  # noqa: ARG002 - see below
        """None: full embeddings are fetched of no more items than the window has."""
        return None

    def scores(
        self, numbers: NDArray[np.int64], similarities: NDArray[np.float64], full: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """See `Candidates`."""
        scoring = self._part.scoring
        unit = compared(full, self._part.dimensions, scoring)
        bits = self._part.bits(numbers)
        return scores(similarities, full_cosines(bits, np.arange(len(bits)), scoring, unit), scoring)

    def at_least(self, reduced: NDArray[np.float32], similarity: float, also: NDArray[np.int64]) -> "QdrantCandidates":
        """See `Candidates`; where only rounding may decide, the similarity is computed here."""
        unit, floor = unit_query(reduced, self._part.components), np.float32(similarity)
        if not unit.any():
            return self if np.float32(0.0) >= floor else self.only(also)
        if not self.count:
            return self
        doubt = margin(unit.size)
        found = self._part.collection.similar(
            unit, self._where, limit=self.count, floor=float(floor) - doubt, with_vectors=False, exact=True
        )
        surely = found.scores >= float(floor) + doubt
        doubtful = np.sort(found.numbers[~surely])
        reached = dots(unit, self._part.reduced(doubtful)).astype(np.float32) >= floor
        kept = np.union1d(np.concatenate((found.numbers[surely], doubtful[reached])), also)
        return self if kept.size == self.count else self.only(kept)

    def only(self, numbers: NDArray[np.int64]) -> "QdrantCandidates":
        """See `Candidates`."""
        return QdrantCandidates(self._part, Where(), np.sort(numbers))

    def count_values(self, field: str, most: int | None = None, also: Collection[str] = ()) -> dict[str, int]:
        """See `Candidates`."""
        column = self._part.held.get(field)
        if column is None or self._is_empty:
            return {}
        key, distinct = column.values_key, column.named
        counts = dict(self._part.collection.facet(key, self._where, most=most, distinct=distinct))
        others = {value for value in also if value not in counts and is_unicode(value)}
        if others and most is not None:
            # Of lists, the other members are counted too.
            with_others = self._where.with_one_of(key, sorted(others))
            more = self._part.collection.facet(key, with_others, most=None, distinct=distinct)
            counts |= {value: count for value, count in more if value in others}
        return counts

    def groups(self, field: str, numbers: NDArray[np.int64]) -> NDArray[np.int32]:
        """See `Candidates`."""
        return number_groups(self.values(field, numbers))

    def values(self, field: str, numbers: NDArray[np.int64]) -> list[str | None]:
        """See `Candidates`."""
        column = self._part.held.get(field)
        if column is None:
            return [None] * int(numbers.size)
        key = column.whole_key
        payloads = self._part.collection.payloads_of(numbers, [key])
        return [payloads[number].get(key) for number in numbers.tolist()]

    def count_groups(self, field: str, without: Collection[str] = ()) -> int:
        """See `Candidates`; all values travel, because Qdrant does not count them."""
        found = self.group_values(field)
        return len(set(found.values).difference(without)) + found.alone

    def group_values(self, field: str) -> GroupsFound:
        """See `Candidates`."""
        column = self._part.held.get(field)
        if column is None or self._is_empty:
            return GroupsFound((), self.count)
        key = column.whole_key
        counts = self._part.collection.facet(key, self._where, most=None, distinct=column.texts)
        # Each item has one whole value at most.
        return GroupsFound([value for value, _ in counts], self.count - sum(count for _, count in counts))

    def page(self, offset: int, limit: int) -> NDArray[np.int64]:
        """See `Candidates`."""
        if self._known is not None:
            return self._known[offset : offset + limit]
        if not self._where:
            items = len(self._part)
            return self._part.numbers_at(np.arange(min(offset, items), min(offset + limit, items)))
        return self._part.collection.numbers(self._where, offset + limit)[offset:]

    def numbers(self) -> NDArray[np.int64]:
        """See `Candidates`."""
        return self.page(0, len(self._part))

    def mask(self) -> NDArray[np.bool_]:
        """See `Candidates`."""
        mask = np.zeros(len(self._part), np.bool_)
        mask[self._part.positions(self.numbers())] = True
        return mask

    @property
    def _is_empty(self) -> bool:
        return self._known is not None and not self._known.size

    @property
    def _approximately(self) -> bool:
        return self._part.approximate and self.count > FEW


class _Searched:
    """The candidates of one query, as `engines.exact_tail.Source`."""

    def __init__(self, part: "QdrantPart", where: Where, count: int, *, exact: bool) -> None:
        self._part = part
        self._where = where
        self._count = count
        self._exact = exact

    def first(self, unit: NDArray[np.float32], count: int) -> Fetched:
        """See `Source`."""
        limit = min(count, self._count)
        found = self._part.collection.similar(unit, self._where, limit=limit, with_vectors=True, exact=self._exact)
        everything = found.numbers.size >= self._count
        return Fetched(found.numbers, found.vectors, None if everything else float(found.scores.min(initial=1.0)))

    def reaching(self, unit: NDArray[np.float32], floor: float, k: int) -> Fetched:  # noqa: ARG002 - all are fetched
        """See `Source`; numbers and vectors apart, because there may be very many of them."""
        found = self._part.collection.similar(
            unit, self._where, limit=self._count, floor=floor, with_vectors=False, exact=True
        )
        numbers = np.sort(found.numbers)
        return Fetched(numbers, self._part.reduced(numbers), None)

    def smallest(self, k: int) -> NDArray[np.int64]:
        """See `Source`."""
        return self._part.collection.numbers(self._where, k)

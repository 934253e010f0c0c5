"""The candidates of several parts as one."""

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.grouping import number_groups
from index.merged_reranking import reranked_of_all
from index.part import Candidates, GroupsFound, Nearest, QueryVectors, Reranked
from index.row_candidates import RowCandidates
from index.value_counts import with_largest

if TYPE_CHECKING:
    from index.merged_part import MergedPart


@dataclass(frozen=True)
class MergedCandidates:
    """See `index.part.Candidates`.

    Attributes:
        part: the part of these candidates.
        of_parts: the candidates of each of its parts.
    """

    part: "MergedPart"
    of_parts: tuple[Candidates, ...]

    @property
    def count(self) -> int:
        """Number of candidates."""
        return sum(self._counts)

    def nearest(self, reduced: NDArray[np.float32], k: int) -> Nearest:
        """See `Candidates`."""
        found = list(self.part.each(lambda candidates: candidates.nearest(reduced, k), self.of_parts))
        numbers = np.concatenate([nearest.numbers for nearest in found])
        similarities = np.concatenate([nearest.similarities for nearest in found])
        # Merged in float64, because rounding would create ties.
        order = np.lexsort((numbers, -similarities))[:k]
        return Nearest(numbers[order], similarities[order])

    def reranked(self, vectors: QueryVectors, window: int, k: int) -> Reranked | None:
        """See `Candidates`."""
        rows = [candidates for candidates in self.of_parts if isinstance(candidates, RowCandidates)]
        return reranked_of_all(rows, vectors, window, k) if len(rows) == len(self.of_parts) else None

    def scores(
        self, numbers: NDArray[np.int64], similarities: NDArray[np.float64], full: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """See `Candidates`."""
        scores = np.empty(numbers.size, np.float32)

        def score(candidates: Candidates, own: NDArray[np.bool_]) -> None:
            if own.any():
                scores[own] = candidates.scores(numbers[own], similarities[own], full)

        deque(self.part.each(score, self.of_parts, self.part.owned(numbers)), maxlen=0)
        return scores

    def at_least(self, reduced: NDArray[np.float32], similarity: float, also: NDArray[np.int64]) -> "MergedCandidates":
        """See `Candidates`."""
        return self._each(also, lambda candidates, own: candidates.at_least(reduced, similarity, own))

    def only(self, numbers: NDArray[np.int64]) -> "MergedCandidates":
        """See `Candidates`."""
        return self._each(numbers, lambda candidates, own: candidates.only(own))

    def count_values(self, field: str, most: int | None = None, also: Collection[str] = ()) -> dict[str, int]:
        """See `Candidates`."""
        *smaller, largest = self._by_count()
        counts: Counter[str] = Counter()
        for found in self.part.each(lambda candidates: candidates.count_values(field), smaller):
            counts.update(found)
        return with_largest(counts, most, also, lambda more, known: largest.count_values(field, more, known))

    def groups(self, field: str, numbers: NDArray[np.int64]) -> NDArray[np.int32]:
        """See `Candidates`."""
        return number_groups(self.values(field, numbers))

    def values(self, field: str, numbers: NDArray[np.int64]) -> list[str | None]:
        """See `Candidates`."""

        def of_part(candidates: Candidates, own: NDArray[np.bool_]) -> Iterable[tuple[int, str | None]]:
            return zip(numbers[own].tolist(), candidates.values(field, numbers[own]), strict=True) if own.any() else ()

        values: dict[int, str | None] = {}
        for found in self.part.each(of_part, self.of_parts, self.part.owned(numbers)):
            values.update(found)
        return [values[number] for number in numbers.tolist()]

    def count_groups(self, field: str, without: Collection[str] = ()) -> int:
        """See `Candidates`; only the smaller parts list their values, the largest one just counts."""
        *smaller, largest = self._by_count()
        found = self._united(smaller, field)
        seen = {*found.values, *without}
        return len(seen.difference(without)) + found.alone + largest.count_groups(field, seen)

    def group_values(self, field: str) -> GroupsFound:
        """See `Candidates`."""
        return self._united(self.of_parts, field)

    def page(self, offset: int, limit: int) -> NDArray[np.int64]:
        """See `Candidates`; an engine is asked only for what may stand on the page."""
        if not self.part.remote:
            return self.numbers()[offset : offset + limit]
        if self.part.several_engines:
            pages = self.part.each(lambda candidates: candidates.page(0, offset + limit), self.of_parts)
            return joined(list(pages))[offset : offset + limit]
        asked, others = self.part.split(self.of_parts)
        known = [candidates.numbers() for candidates in others]
        # Whatever comes before these is on an earlier page, wherever the others stand.
        begin = max(0, offset - sum(numbers.size for numbers in known))
        numbers = joined([asked.page(begin, offset + limit - begin), *known])
        return numbers[offset - begin : offset - begin + limit]

    def numbers(self) -> NDArray[np.int64]:
        """See `Candidates`."""
        if self.count == len(self.part):
            return self.part.numbers
        return joined(list(self.part.each(lambda candidates: candidates.numbers(), self.of_parts)))

    def mask(self) -> NDArray[np.bool_]:
        """See `Candidates`."""
        mask = np.zeros(len(self.part), np.bool_)
        mask[self.part.positions(self.numbers())] = True
        return mask

    def _each(
        self, numbers: NDArray[np.int64], narrowed: Callable[[Candidates, NDArray[np.int64]], Candidates]
    ) -> "MergedCandidates":
        owned = self.part.owned(numbers)
        return MergedCandidates(
            self.part,
            tuple(self.part.each(lambda candidates, own: narrowed(candidates, numbers[own]), self.of_parts, owned)),
        )

    @property
    def _counts(self) -> list[int]:
        return list(self.part.each(lambda candidates: candidates.count, self.of_parts))

    def _by_count(self) -> list[Candidates]:
        """The candidates of each part, fewest first."""
        counts = self._counts
        return [self.of_parts[place] for place in sorted(range(len(counts)), key=counts.__getitem__)]

    def _united(self, of_parts: Sequence[Candidates], field: str) -> GroupsFound:
        found = list(self.part.each(lambda candidates: candidates.group_values(field), of_parts))
        return GroupsFound(set().union(*(groups.values for groups in found)), sum(groups.alone for groups in found))


def joined(numbers: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Rising numbers of several parts as one rising list."""
    # A stable sort merges consecutive rising runs in one pass.
    return np.sort(np.concatenate(numbers), kind="stable")

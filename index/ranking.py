"""The ranked list of a query's results: the nearest in the reduced space, of which the best are re-ranked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.grouping import first_of_groups
from index.part import Candidates, QueryVectors

# Items fetched per group at first, and the factor by which that grows until there are enough groups.
_GROUP_DEPTH = 4


@dataclass(frozen=True, slots=True)
class RankedItems:
    """A part of the list.

    Attributes:
        numbers: (K,) int64, of the items; see `index.part`.
        scores: (K,) float32, falling; equal ones in the order of numbers.
        total: length of the complete list.
    """

    numbers: NDArray[np.int64]
    scores: NDArray[np.float32]
    total: int


class Ranking:
    """All candidates of one query in order, computed as far as needed.

    The first `window` candidates of the reduced search are scored by their full embeddings (`index.scoring`) and sorted
    by these scores, equal ones in the order of numbers. All others follow in the order of the reduced search. Their
    score is their reduced cosine, but at most the lowest score inside the window. So scores fall over the complete
    list, and no page depends on another.

    Args:
        candidates: the items that may be found.
        vectors: of the query; without full ones nothing is re-ranked.
        window: number of best candidates to re-rank; 0: none.

    Raises:
        ValueError: the window is below 0.
    """

    def __init__(self, candidates: Candidates, vectors: QueryVectors, *, window: int) -> None:
        if window < 0:
            raise ValueError(f"window must be 0 or more, got {window}")
        self._candidates = candidates
        self._vectors = vectors
        self._reduced = vectors.reduced
        self._full = vectors.full if window else None
        self._window = window
        self._known: RankedItems | None = None

    def page(self, *, limit: int, offset: int = 0, min_score: float | None = None) -> RankedItems:
        """A page of the list.

        Args:
            limit: maximum number of items, 1 or more.
            offset: number of best items to skip.
            min_score: the list ends at this score, compared in float32; `total` then counts only items that reach it.

        Raises:
            ValueError: an argument is out of range, or the query has another shape or is not finite.
        """
        _check(limit, offset, min_score)
        # To count what reaches a score takes the whole window anyway.
        found = self._first(
            offset + limit if min_score is None or self._full is None else max(offset + limit, self._window)
        )
        numbers, scores, total = found.numbers, found.scores, found.total
        if min_score is not None:
            kept = int(np.count_nonzero(scores >= np.float32(min_score)))
            # Even the last item reaches min_score, so items beyond may reach it too.
            total = self.matching(min_score).count if kept == numbers.size < total else kept
            numbers, scores = numbers[:kept], scores[:kept]
        shown = slice(offset, offset + limit)
        return RankedItems(numbers[shown], scores[shown], total)

    def groups(self, field: str, *, limit: int, offset: int = 0, min_score: float | None = None) -> RankedItems:
        """A page of the list with only the best item of each group; `total` counts groups.

        The best item of a group is known only after re-ranking, so groups are made from the ranked list and not from
        the results of the parts.

        Args:
            field: the field whose values make the groups.
            limit, offset, min_score: see `page`.

        Raises:
            ValueError: see `page`.
        """
        _check(limit, offset, min_score)
        wanted = offset + limit
        k = _GROUP_DEPTH * wanted
        while True:
            found = self._first(k)
            numbers, scores = found.numbers, found.scores
            if min_score is not None:
                kept = int(np.count_nonzero(scores >= np.float32(min_score)))
                numbers, scores = numbers[:kept], scores[:kept]
            first = first_of_groups(self._candidates.groups(field, numbers))
            if first.size >= wanted or k >= found.total or numbers.size < found.numbers.size:
                break
            k *= _GROUP_DEPTH
        counted = self._candidates if min_score is None else self.matching(min_score)
        shown = first[offset:wanted]
        return RankedItems(numbers[shown], scores[shown], counted.count_groups(field))

    def matching(self, min_score: float) -> Candidates:
        """The items that `page` counts as its total.

        Raises:
            ValueError: see `page`.
        """
        _check(1, 0, min_score)
        found = self._first(max(1, self._window))
        inside = found.numbers[found.scores >= np.float32(min_score)]
        if inside.size < found.numbers.size:
            # Scores fall, so no item after these reaches min_score.
            return self._candidates.only(inside)
        # After the window the reduced cosines count; inside it all items pass, whatever their reduced cosines are.
        return self._candidates.at_least(self._reduced, min_score, inside)

    def resembling(self, similarity: float) -> Candidates:
        """The beginning of the list: as many items as have at least this similarity of reduced embeddings.

        Scores inside the window depend on full embeddings, by which unrelated items may have another similarity. So the
        items are counted by their reduced embeddings, and that many of the list are taken.

        Args:
            similarity: see `index.resemblance`.

        Raises:
            ValueError: the query has another shape or is not finite.
        """
        reached = self._candidates.at_least(self._reduced, similarity, np.empty(0, np.int64))
        count = reached.count
        # The window holds the nearest by reduced embeddings, so none of it is missing here.
        if count == 0 or count >= self._window or self._full is None:
            return reached
        return self._candidates.only(self._first(count).numbers[:count])

    def _first(self, k: int) -> RankedItems:
        """At least the first k of the complete list, or all of it if it is shorter."""
        known = self._known
        if known is None or known.numbers.size < min(k, known.total):
            known = self._known = self._ranked(k)
        return known

    def _ranked(self, k: int) -> RankedItems:
        candidates, full = self._candidates, self._full
        if full is not None and k <= self._window:
            best = candidates.reranked(self._vectors, self._window, k)
            if best is not None:
                return RankedItems(best.numbers, best.scores, candidates.count)
        found = candidates.nearest(self._reduced, k if full is None else max(self._window, k))
        similarities = found.similarities.astype(np.float32)
        if full is None:
            return RankedItems(found.numbers, similarities, candidates.count)
        inside, behind = slice(0, self._window), slice(self._window, None)
        # In rising order memory is read from front to back, and equal scores stay in the order of numbers.
        rising = np.argsort(found.numbers[inside])
        numbers = found.numbers[inside][rising]
        scores = candidates.scores(numbers, found.similarities[inside][rising], full)
        order = np.argsort(-scores, kind="stable")
        lowest = scores.min(initial=np.float32(1.0))
        return RankedItems(
            np.concatenate([numbers[order], found.numbers[behind]]),
            np.concatenate([scores[order], np.minimum(similarities[behind], lowest)]),
            candidates.count,
        )


def _check(limit: int, offset: int, min_score: float | None) -> None:
    if limit < 1 or offset < 0:
        raise ValueError(f"limit must be 1 or more and offset 0 or more, got {limit} and {offset}")
    if min_score is not None and not np.isfinite(min_score):
        raise ValueError(f"min_score must be a finite number, got {min_score}")

"""The one list that the answers to a query are pages of: nearest in the reduced space, the best of it re-ranked."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.grouping import first_of_groups
from index.part import Candidates, QueryVectors

# A cosine that the best of any search reaches.
ALWAYS = -1.0
# How many times more items than groups are looked at first, and how many times more each next time.
_GROUP_DEPTH = 4


@dataclass(frozen=True, slots=True)
class RankedItems:
    """Some items of the list.

    Attributes:
        numbers: (K,) int64, of the items; see `index.part`.
        scores: (K,) float32, falling; equal ones in the order of numbers.
        total: length of the whole list.
    """

    numbers: NDArray[np.int64]
    scores: NDArray[np.float32]
    total: int


class Ranking:
    """All candidates of one query in order, computed as far as it is asked for.

    The first `window` candidates of the reduced search score the cosine of their full embeddings and are sorted by it,
    equal ones in the order of numbers. All others follow in the order of the reduced search; they score their reduced
    cosine, but never more than the lowest score inside the window. So scores fall over the whole list, and no page
    depends on another.

    Where no item of the window reaches `rerank_from`, nothing is re-ranked: the full embeddings tell items of one sort
    apart, and have no say where the query resembles none of them so much.

    Args:
        candidates: what may be found.
        vectors: of the query; without full ones nothing is re-ranked.
        window: how many of the best are re-ranked; 0: none.
        rerank_from: cosine of full embeddings, see above and `index.rerank_threshold`.

    Raises:
        ValueError: the window is below 0.
    """

    def __init__(
        self, candidates: Candidates, vectors: QueryVectors, *, window: int, rerank_from: float = ALWAYS
    ) -> None:
        if window < 0:
            raise ValueError(f"window must be 0 or more, got {window}")
        self._candidates = candidates
        self._reduced = vectors.reduced
        self._full = vectors.full if window else None
        self._window = window
        self._rerank_from = rerank_from
        self._known: RankedItems | None = None

    def page(self, *, limit: int, offset: int = 0, min_score: float | None = None) -> RankedItems:
        """A page of the list.

        Args:
            limit: how many items at most, 1 or more.
            offset: how many of the best to pass over.
            min_score: where the list ends, compared in float32; it then counts for `total` too.

        Raises:
            ValueError: an argument is out of range, or the query has another shape or is not finite.
        """
        _check(limit, offset, min_score)
        found = self._first(offset + limit)
        numbers, scores, total = found.numbers, found.scores, found.total
        if min_score is not None:
            kept = int(np.count_nonzero(scores >= np.float32(min_score)))
            # Even the last of them reaches it, and there are more.
            total = self.matching(min_score).count if kept == numbers.size < total else kept
            numbers, scores = numbers[:kept], scores[:kept]
        shown = slice(offset, offset + limit)
        return RankedItems(numbers[shown], scores[shown], total)

    def groups(self, field: str, *, limit: int, offset: int = 0, min_score: float | None = None) -> RankedItems:
        """A page of the best item of each group; `total` counts groups.

        Which item of a group is the best is known only when the window is re-ranked, so groups are made of the ranked
        list and not of the parts' own answers.

        Args:
            field: whose values make the groups.
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
            # The list falls, so nothing behind these reaches it either.
            return self._candidates.only(inside)
        # Behind the window the reduced cosines count; inside it all have passed, whatever theirs are.
        return self._candidates.at_least(self._reduced, min_score, inside)

    def _first(self, k: int) -> RankedItems:
        """At least the k first of the whole list, as far as it goes."""
        known = self._known
        if known is None or known.numbers.size < min(k, known.total):
            known = self._known = self._ranked(k)
        return known

    def _ranked(self, k: int) -> RankedItems:
        candidates, full = self._candidates, self._full
        found = candidates.nearest(self._reduced, k if full is None else max(self._window, k))
        similarities = found.similarities.astype(np.float32)
        if full is None:
            return RankedItems(found.numbers, similarities, candidates.count)
        inside, behind = slice(0, self._window), slice(self._window, None)
        # In rising order memory is walked from front to back, and equal scores keep the order of numbers.
        numbers = np.sort(found.numbers[inside])
        scores = candidates.cosines(numbers, full)
        if scores.max(initial=ALWAYS) < self._rerank_from:
            return RankedItems(found.numbers, similarities, candidates.count)
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

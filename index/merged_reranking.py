"""Re-ranking over several parts in one window, without sorting what each part has for itself."""

from collections.abc import Sequence

import numpy as np

from index.exact.arguments import Among
from index.exact.search import ALL
from index.part import QueryVectors, Reranked
from index.row_candidates import RowCandidates
from index.search_code import SEARCHES


def reranked_of_all(parts: Sequence[RowCandidates], vectors: QueryVectors, window: int, k: int) -> Reranked | None:
    """The k best of the `window` nearest of all parts, by (-score, number); see `index.part.Candidates.reranked`.

    The nearest of each part are gathered in one heap, in float64, whose root is then the last item of the window. What
    comes behind it is not scored.

    Args:
        parts: candidates of parts with one scoring.
        vectors, window, k: see `index.part.Candidates.reranked`.

    Returns:
        None if `nearest` and `scores` are the quicker way, or there is no machine code.

    Raises:
        ValueError: the query has another shape or is not finite.
    """
    code = SEARCHES.code()
    largest = max(parts, key=lambda part: len(part.items))
    few = largest.selection is not None and largest.selection.few
    if code.reranked is None or vectors.full is None or few:
        return None
    # Parts of one catalogue are of one reduction and one network.
    unit, full = largest.items.gallery.unit(vectors.reduced), largest.items.compared(vectors.full)
    similarities, found = np.empty(window, np.float64), np.empty(window, np.int64)
    size = 0
    gathered = []
    for part in parts:
        if part.count:
            arrays, numbers = part.items.gallery.arrays, part.items.given_numbers
            allowed = ALL if part.selection is None else part.selection.as_mask()
            among = Among(allowed, -1 if part.exclude_row is None else part.exclude_row)
            places, exact, size = code.gather(unit, arrays, among, numbers, similarities, found, size)
            gathered.append((part.items, arrays, numbers, places, exact))
    least, last = (similarities[0], found[0]) if size == window else (-2.0, 0)
    scores, best = np.empty(k, np.float64), np.empty(k, np.int64)
    size = 0
    for items, arrays, numbers, places, exact in gathered:
        size = code.rank(
            places, exact, arrays, numbers, least, last, items.bits, items.scoring, full, scores, best, size
        )
    code.sort_falling(scores, best, size)
    return Reranked(best[:size], scores[:size].astype(np.float32))

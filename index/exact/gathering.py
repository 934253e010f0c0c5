"""The compiled search over several galleries: their nearest are gathered, and the best of all are ranked.

Each gallery has rows of its own; a row's number orders it among those of all galleries.
"""

import numpy as np

from index.exact.arguments import SCORE_STEPS
from index.exact.compiling import compiled
from index.exact.half_cosines import half_cosine
from index.exact.heap import offer, worse
from index.exact.kernels import dot
from index.exact.prefetching import fetch_ahead
from index.exact.reranking import best_places, scored

# See `index.exact.reranking`.
_AHEAD = 2


@compiled()
def gather(unit, arrays, among, numbers, similarities, found, size):
    """Offer the nearest of one gallery to a heap of the nearest of all.

    Args:
        unit, arrays, among: as for `kernels.nearest`.
        numbers: (N,) int64, rising, by row; empty if they are the rows.
        similarities, found: (W,) float64 and int64, the heap: similarities and numbers.
        size: of the heap so far.

    Returns:
        places: (P,) int64, those of this gallery's W nearest, as far as they may be among the nearest of all.
        exact: (P,) float64, their similarities.
        size: of the heap now.
    """
    # What is worse than all in a full heap is of no use.
    threshold = similarities[0] if size == similarities.size else -2.0
    places = best_places(unit, arrays, among, similarities.size, threshold)
    row_at, vectors = arrays.rows, arrays.vectors
    wide = unit.astype(np.float64)
    exact = np.empty(places.size, np.float64)
    for number in range(places.size):
        row = np.int64(row_at[places[number]])
        exact[number] = dot(wide, vectors, places[number])
        size = offer(exact[number], row if numbers.size == 0 else numbers[row], similarities, found, size)
    return places, exact, size


@compiled()
def rank(places, exact, arrays, numbers, least, last, bits, scoring, full, scores, found, size):
    """Score what one gallery has in the window, and offer it to a heap of the best of all.

    Args:
        places, exact: as `gather` returned them.
        arrays, numbers: as for `gather`.
        least, last: the similarity and the number of the last item of the window.
        bits, scoring, full: as for `reranking.reranked`.
        scores, found: (K,) float64 and int64, the heap: scores and numbers.
        size: of the heap so far.

    Returns:
        The size of the heap now.
    """
    row_at = arrays.rows
    kept = 0
    rows, similarities = np.empty(places.size, np.int64), np.empty(places.size, np.float64)
    for number in range(places.size):
        row = np.int64(row_at[places[number]])
        if not worse(exact[number], row if numbers.size == 0 else numbers[row], least, last):
            rows[kept], similarities[kept] = row, exact[number]
            kept += 1
    for number in range(min(_AHEAD, kept)):
        fetch_ahead(bits, rows[number])
    for number in range(kept):
        if number + _AHEAD < kept:
            fetch_ahead(bits, rows[number + _AHEAD])
        row = rows[number]
        cosine = np.rint(half_cosine(bits, row, scoring.first, full) * SCORE_STEPS) / SCORE_STEPS
        score = scored(similarities[number], cosine, scoring)
        size = offer(score, row if numbers.size == 0 else numbers[row], scores, found, size)
    return size

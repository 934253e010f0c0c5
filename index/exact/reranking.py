"""The compiled search that ranks the nearest by their full embeddings, in one call."""

import numpy as np

from index.exact.arguments import SCORE_STEPS
from index.exact.compiling import compiled
from index.exact.half_cosines import half_cosine
from index.exact.heap import offer, sort_falling
from index.exact.kernels import dot, promising
from index.exact.prefetching import fetch_ahead

# Rows whose embeddings are fetched before they are needed: memory takes as long as the arithmetic of some rows.
_AHEAD = 2


@compiled()
def _best(unit, arrays, among, k):
    """The k rows most similar to a query, in no order; all if they are fewer."""
    sums, places, surely = promising(unit, arrays, among, k)
    row_at, vectors = arrays.rows, arrays.vectors
    rows = np.empty(min(k, places.size), np.int64)
    count = 0
    if places.size <= k:
        for place in places:
            rows[count] = row_at[place]
            count += 1
        return rows
    # Most surely are among the best k. The others are scored in float64, as in `kernels.nearest_of`.
    doubtful = 0
    for number in range(places.size):
        if sums[number] > surely:
            rows[count] = row_at[places[number]]
            count += 1
        else:
            places[doubtful] = places[number]
            doubtful += 1
    wide = unit.astype(np.float64)
    similarities, others = np.empty(k - count, np.float64), np.empty(k - count, np.int64)
    size = 0
    for number in range(doubtful):
        place = places[number]
        size = offer(dot(wide, vectors, place), np.int64(row_at[place]), similarities, others, size)
    for number in range(size):
        rows[count + number] = others[number]
    return rows


@compiled()
def reranked(unit, arrays, among, window, bits, full, scores, found):
    """Search for the `window` nearest, and fill `scores` (float64) and `found` (int64 rows) with the best of them.

    Args:
        unit, arrays, among: as for `kernels.nearest`.
        window: 1 or more.
        bits: (N, D) int16, see `half_cosine`.
        full: (D,) float64, the query before its reduction; length 1, or zero.
        scores, found: (K,), at most as many as there are in the window; ordered by (-score, row).

    Returns:
        The number of hits that were found.
    """
    rows = _best(unit, arrays, among, window)
    for number in range(min(_AHEAD, rows.size)):
        fetch_ahead(bits, rows[number])
    size = 0
    for number in range(rows.size):
        if number + _AHEAD < rows.size:
            fetch_ahead(bits, rows[number + _AHEAD])
        row = rows[number]
        cosine = np.rint(half_cosine(bits, row, full) * SCORE_STEPS) / SCORE_STEPS
        score = np.float64(np.float32(min(1.0, max(-1.0, cosine))))
        size = offer(score, row, scores, found, size)
    sort_falling(scores, found, size)
    return size

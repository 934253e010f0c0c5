"""The compiled search that ranks the nearest by their full embeddings, in one call."""

import numpy as np

from index.exact.arguments import SCORE_STEPS
from index.exact.compiling import compiled
from index.exact.half_cosines import half_cosine
from index.exact.heap import offer, sort_falling, worse
from index.exact.kernels import dot, promising
from index.exact.prefetching import fetch_ahead

# Rows whose embeddings are fetched before they are needed: memory takes as long as the arithmetic of some rows.
_AHEAD = 2


@compiled()
def best_places(unit, arrays, among, k, threshold):
    """The places of the k rows most similar to a query, in no order; all that reach the threshold if they are fewer."""
    sums, places, surely = promising(unit, arrays, among, k, threshold)
    if places.size <= k:
        return places
    row_at, vectors = arrays.rows, arrays.vectors
    best = np.empty(k, np.int64)
    count = 0
    # Most surely are among the best k. The others are scored in float64, as in `kernels.nearest_of`.
    doubtful = 0
    for number in range(places.size):
        if sums[number] > surely:
            best[count] = places[number]
            count += 1
        else:
            places[doubtful] = places[number]
            doubtful += 1
    wide = unit.astype(np.float64)
    exact = np.empty(doubtful, np.float64)
    similarities, rows = np.empty(k - count, np.float64), np.empty(k - count, np.int64)
    size = 0
    for number in range(doubtful):
        place = places[number]
        exact[number] = dot(wide, vectors, place)
        size = offer(exact[number], np.int64(row_at[place]), similarities, rows, size)
    # The root is the worst of those that are kept.
    for number in range(doubtful):
        place = places[number]
        if not worse(exact[number], np.int64(row_at[place]), similarities[0], rows[0]):
            best[count] = place
            count += 1
    return best


@compiled()
def scored(similarity, cosine, scoring):
    """See `index.scoring.scores`, which computes the same."""
    if scoring.first == 0:
        score = cosine
    elif cosine <= scoring.near:
        score = similarity
    else:
        left = (1.0 - cosine) / (1.0 - scoring.near)
        score = 1.0 - (1.0 - similarity) * (left * left)
    return np.float64(np.float32(min(1.0, max(-1.0, np.rint(score * SCORE_STEPS) / SCORE_STEPS))))


@compiled()
def reranked(unit, arrays, among, window, bits, scoring, full, scores, found):
    """Search for the `window` nearest, and fill `scores` (float64) and `found` (int64 rows) with the best of them.

    Args:
        unit, arrays, among: as for `kernels.nearest`.
        window: 1 or more.
        bits: (N, D) int16, see `half_cosine`.
        scoring: how the two similarities of a row become its score.
        full: (D - scoring.first,) float64, the query before its reduction; length 1, or zero.
        scores, found: (K,), at most as many as there are in the window; ordered by (-score, row).

    Returns:
        The number of hits that were found.
    """
    places = best_places(unit, arrays, among, window, -2.0)
    row_at, vectors = arrays.rows, arrays.vectors
    wide = unit.astype(np.float64)
    for number in range(min(_AHEAD, places.size)):
        fetch_ahead(bits, np.int64(row_at[places[number]]))
    size = 0
    for number in range(places.size):
        if number + _AHEAD < places.size:
            fetch_ahead(bits, np.int64(row_at[places[number + _AHEAD]]))
        place = places[number]
        row = np.int64(row_at[place])
        cosine = np.rint(half_cosine(bits, row, scoring.first, full) * SCORE_STEPS) / SCORE_STEPS
        similarity = 0.0 if scoring.first == 0 else dot(wide, vectors, place)
        size = offer(scored(similarity, cosine, scoring), row, scores, found, size)
    sort_falling(scores, found, size)
    return size

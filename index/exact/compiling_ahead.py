"""Compiles all searches before they are needed: `python -m index.exact.compiling_ahead`.

On a machine where nothing was compiled yet this takes some seconds; later processes read the machine code from where
`index.exact.compiling` keeps it.
"""

import numpy as np

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from index.exact.arguments import Among, Scoring
from index.exact.layout import lay_out
from index.exact.search import ExactSearch


def compile_searches() -> None:
    """Make each kind of search once, on a gallery of a single item."""
    from index.exact.compiled_searches import (
        gather,
        half_cosines,
        mark_at_least,
        nearest,
        nearest_of,
        rank,
        reranked,
        sort_falling,
    )

    unit = np.ones(1, np.float32)
    search = ExactSearch(lay_out(unit[None]))
    full = np.zeros((1, EMBEDDING_DIMENSIONS), np.int16)
    full.flags.writeable = False  # as a bundle's, which is mapped
    query = np.zeros(EMBEDDING_DIMENSIONS)
    half_cosines(full, np.zeros(1, np.int64), 0, query, np.empty(1))
    arrays, among = search.arrays, Among(np.empty(0, np.bool_), -1)
    nearest(unit, arrays, among, np.empty(1), np.empty(1, np.int64))
    nearest_of(unit, arrays, np.zeros(1, np.int32), np.empty(1), np.empty(1, np.int64))
    mark_at_least(unit, arrays, among, np.float32(1.0), np.zeros(1, np.bool_))
    scores, found = np.empty(1), np.empty(1, np.int64)
    reranked(unit, arrays, among, 1, full, Scoring(0, 1.0), query, scores, found)
    numbers = np.zeros(1, np.int64)
    numbers.flags.writeable = False  # likewise
    places, exact, size = gather(unit, arrays, among, numbers, scores, found, 0)
    sort_falling(scores, found, size)
    rank(places, exact, arrays, numbers, 1.0, 0, full, Scoring(0, 1.0), query, scores, found, 0)


if __name__ == "__main__":
    compile_searches()

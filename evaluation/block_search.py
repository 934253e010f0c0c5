"""Exact search by cosine for many queries at once: a matrix product instead of one pass per query."""

import numpy as np
from numpy.typing import NDArray

from evaluation.exclusions import Exclusions
from evaluation.ranked import Advance, Ranked
from index.reduction import unit_rows

_CONVERTED_AT_ONCE = 8_192
_COSINES_AT_ONCE = 8_000_000
_QUERIES_AT_ONCE = 256
_BLOCK_ROWS = 64
_UNIT_ROUNDOFF = 2.0**-24


class BlockSearch:
    """Searches embeddings; returns the same rows in the same order as `index.gallery.Gallery`.

    Args:
        embeddings: (N, D) float32, of any length, may be memory-mapped; copied.
    """

    def __init__(self, embeddings: NDArray[np.float32]) -> None:
        self._units = np.empty(embeddings.shape, np.float32)
        for start in range(0, len(embeddings), _CONVERTED_AT_ONCE):
            part = slice(start, start + _CONVERTED_AT_ONCE)
            self._units[part] = unit_rows(np.asarray(embeddings[part]))
        # As in Gallery: by how much two float32 products of unit vectors may differ through rounding.
        self._margin = 2.0 * (embeddings.shape[1] + 8) * _UNIT_ROUNDOFF

    def search(
        self, queries: NDArray[np.float32], left_out: Exclusions, *, limit: int, progress: Advance = lambda _done: None
    ) -> Ranked:
        """The items most similar to each query; equal similarities in row order.

        Args:
            queries: (Q, D) float32 of any length.
            left_out: rows that each query must not find.
            limit: most items per query.
            progress: called after each block.
        """
        found = Ranked.empty(len(queries), limit)
        items = len(self._units)
        height = max(1, min(_QUERIES_AT_ONCE, _COSINES_AT_ONCE // items))
        for start in range(0, len(queries), height):
            units = unit_rows(np.asarray(queries[start : start + height]))
            rough = units @ self._units.T
            for position, cosines in enumerate(rough):
                cosines[left_out[start + position]] = -np.inf
            least = _least_wanted(rough, limit)
            for position, cosines in enumerate(rough):
                rows = np.flatnonzero(cosines >= np.float32(least[position] - self._margin))
                if least[position] == -np.inf:
                    rows = rows[cosines[rows] != -np.inf]
                exact = self._exact(units[position], rows)
                order = np.argsort(-exact, kind="stable")[:limit]
                found.put(start + position, rows[order], exact[order].astype(np.float32))
            progress(len(units))
        return found

    def _exact(self, unit: NDArray[np.float32], rows: NDArray[np.int64]) -> NDArray[np.float64]:
        products = self._units[rows] * unit.astype(np.float64)
        # `accumulate` adds in a fixed order, so equal pictures have equal similarities.
        cosines: NDArray[np.float64] = np.add.accumulate(products, axis=1)[:, -1]
        return np.clip(cosines, -1.0, 1.0, out=cosines)


def _least_wanted(rough: NDArray[np.float32], wanted: int) -> NDArray[np.float32]:
    """For each query a threshold that at least `wanted` of its cosines reach, close to the `wanted`-th highest.

    Partitions the maxima of blocks of cosines instead of all cosines, which costs a tenth.

    Args:
        rough: (Q, N) float32.
        wanted: 1 or more.

    Returns:
        (Q,) float32; -inf if all items have to be examined.
    """
    queries, items = rough.shape
    height = max(1, min(_BLOCK_ROWS, items // (4 * wanted)))
    blocks = items // height
    if blocks < wanted:
        return np.full(queries, -np.inf, np.float32)
    maxima = rough[:, : height * blocks].reshape(queries, height, blocks).max(axis=1)
    least: NDArray[np.float32] = np.partition(maxima, blocks - wanted, axis=1)[:, blocks - wanted]
    return least

"""The true nearest neighbours: float64 dot products of the stored float32 rows, ranked by (-similarity, row)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ROWS_AT_ONCE = 65_536
RIGHT_WITHIN = 1e-6
"""A row this little below the k-th similarity counts as correct, because float32 cannot tell the two apart."""
# Far above the differences between orders of addition, far below RIGHT_WITHIN.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Truth:
    """The k nearest of Q queries.

    Attributes:
        rows: (Q, k) int64, best first.
        similarities: (Q, k) float64.
    """

    rows: NDArray[np.int64]
    similarities: NDArray[np.float64]


def nearest(rows: NDArray[Any], queries: NDArray[Any], k: int, among: NDArray[np.int64] | None = None) -> Truth:
    """Compare every query with every row, in chunks: ten million rows and 200 queries need half a gigabyte.

    Args:
        rows: (N, D) float32 or float64, of length 1 or zero.
        queries: (Q, D), likewise.
        k: 1 to N, or to M.
        among: (M,) rising; the only rows that may be found; None for all.
    """
    wide = queries.astype(np.float64)
    count = len(rows) if among is None else len(among)
    # Candidates for the k best of each query, including those that differ only by rounding.
    kept: list[NDArray[np.int64]] = [np.empty(0, np.int64)] * len(wide)
    scored: list[NDArray[np.float64]] = [np.empty(0)] * len(wide)
    for start in range(0, count, _ROWS_AT_ONCE):
        part = slice(start, min(start + _ROWS_AT_ONCE, count))
        chosen = np.arange(part.start, part.stop) if among is None else among[part]
        block = rows[part] if among is None else rows[chosen]
        products = np.clip(wide @ block.astype(np.float64).T, -1.0, 1.0)
        for number, values in enumerate(products):
            near = np.flatnonzero(values >= _kth(scored[number], k) - _ROUNDING)
            together = np.concatenate((scored[number], values[near]))
            numbered = np.concatenate((kept[number], chosen[near]))
            stay = together >= _kth(together, k) - _ROUNDING
            scored[number], kept[number] = together[stay], numbered[stay]
    found = Truth(np.empty((len(wide), k), np.int64), np.empty((len(wide), k)))
    for number, query in enumerate(wide):
        similarities = similarities_of(rows[kept[number]], query)
        order = np.lexsort((kept[number], -similarities))[:k]
        found.rows[number], found.similarities[number] = kept[number][order], similarities[order]
    return found


def recall(truth: Truth, number: int, rows: NDArray[Any], query: NDArray[Any], found: NDArray[np.int64]) -> float:
    """The share of a query's true neighbours that was found.

    Args:
        truth: for these rows.
        number: index of the query in `truth`.
        rows: (N, D), of length 1 or zero.
        query: (D,)
        found: (k,) rows, or fewer.
    """
    wanted = truth.similarities[number]
    similarities = similarities_of(rows[np.unique(found)], query)
    return int(np.count_nonzero(similarities >= wanted[-1] - RIGHT_WITHIN)) / len(wanted)


def similarities_of(rows: NDArray[Any], query: NDArray[Any]) -> NDArray[np.float64]:
    """Cosines of rows (M, D) with a query (D,), all of length 1 or zero: (M,) float64."""
    # Added component by component, because BLAS adds in different orders for different shapes.
    products = rows.astype(np.float64) * query.astype(np.float64)
    similarities: NDArray[np.float64] = np.add.accumulate(products, axis=1)[:, -1]
    # Lengths of 1 in float32 are inexact, but a cosine is within -1 to 1.
    return np.clip(similarities, -1.0, 1.0)


def unit_rows(rows: NDArray[Any]) -> NDArray[np.float64]:
    """Divide each row by its length, in float64; a zero row stays zero."""
    wide = rows.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    lengths[lengths == 0.0] = 1.0
    divided: NDArray[np.float64] = wide / lengths
    return divided


def _kth(values: NDArray[np.float64], k: int) -> float:
    return float(np.partition(values, values.size - k)[values.size - k]) if values.size >= k else -np.inf

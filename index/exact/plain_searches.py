"""The same searches in NumPy, for the time until the machine code is there.

Each similarity is summed in the order in which `index.exact.kernels` sums it, so the answers are the same. Nothing is
skipped: a search takes some milliseconds for each ten thousand items.
"""

import numpy as np
from numpy.typing import NDArray

from index.exact.arguments import Among, Arrays
from index.half_floats import widen

_ROWS_AT_ONCE = 4_096

# See `Searches.reranked`.
reranked = None


def nearest(
    unit: NDArray[np.float32],
    arrays: Arrays,
    among: Among,
    similarities: NDArray[np.float64],
    found: NDArray[np.int64],
) -> int:
    """See `index.exact.kernels.nearest`."""
    may_be_hit = _may_be_hit(arrays, among)
    return _fill(dots(unit, arrays.vectors)[may_be_hit], arrays.rows[may_be_hit], similarities, found)


def nearest_of(
    unit: NDArray[np.float32],
    arrays: Arrays,
    places: NDArray[np.int32],
    similarities: NDArray[np.float64],
    found: NDArray[np.int64],
) -> int:
    """See `index.exact.kernels.nearest_of`."""
    return _fill(dots(unit, arrays.vectors[places]), arrays.rows[places], similarities, found)


def mark_at_least(
    unit: NDArray[np.float32], arrays: Arrays, among: Among, floor: np.float32, marks: NDArray[np.bool_]
) -> int:
    """See `index.exact.kernels.mark_at_least`."""
    reached = (dots(unit, arrays.vectors).astype(np.float32) >= floor) & _may_be_hit(arrays, among)
    marks[arrays.rows[reached]] = True
    return int(np.count_nonzero(reached))


def half_cosines(
    bits: NDArray[np.int16],
    rows: NDArray[np.int64],
    first: int,
    unit: NDArray[np.float64],
    cosines: NDArray[np.float64],
) -> None:
    """See `index.exact.half_cosines.half_cosines`."""
    wide = widen(bits[rows].view(np.float16))[:, first:]
    lengths = np.sqrt(np.vecdot(wide, wide))
    lengths[lengths == 0.0] = 1.0
    np.divide(np.vecdot(wide, unit), lengths, out=cosines)


def dots(unit: NDArray[np.float32], vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """The similarities of some rows, (R,) float64, bit for bit as the compiled searches compute them.

    Args:
        unit: (C,) float32 of length 1, or zero.
        vectors: (R, C) float32 rows of length 1, or zeros.
    """
    weights = unit.astype(np.float64).tolist()
    totals = np.zeros(len(vectors), np.float64)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        part = totals[start : start + _ROWS_AT_ONCE]
        # Component by component, so that each row is summed in the order of its components.
        columns = np.ascontiguousarray(vectors[start : start + _ROWS_AT_ONCE].T).astype(np.float64)
        for weight, column in zip(weights, columns, strict=True):
            column *= weight
            part += column
    return np.clip(totals, -1.0, 1.0, out=totals)


def _may_be_hit(arrays: Arrays, among: Among) -> NDArray[np.bool_]:
    allowed: NDArray[np.bool_] = arrays.rows != among.excluded
    if among.allowed.size:
        allowed &= among.allowed[arrays.rows]
    return allowed


def _fill(
    dots: NDArray[np.float64],
    rows: NDArray[np.int32],
    similarities: NDArray[np.float64],
    found: NDArray[np.int64],
) -> int:
    """Put the best into `similarities` and `found`, by (-similarity, row); returns their number."""
    k = min(similarities.size, dots.size)
    if 0 < k < dots.size:
        # All that equal the k-th best stay: which of them are among the best, their rows decide.
        reached = dots >= np.partition(dots, dots.size - k)[dots.size - k]
        dots, rows = dots[reached], rows[reached]
    order = np.lexsort((rows, -dots))[:k]
    similarities[:k], found[:k] = dots[order], rows[order]
    return k

"""An order of rows that puts neighbours together, by recursive bisection down to blocks of 64."""

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from index.exact.arguments import BLOCK

_SAMPLED = 1_024
_ROUNDS = 6
_AT_ONCE = 16_384


def block_order(vectors: NDArray[np.float32]) -> NDArray[np.int32]:
    """Order the rows so that each 64 consecutive ones are near each other, and each 4,096 as well.

    The rows are split at the median along the line through the means of two clusters, which a few rounds of 2-means
    find on a sample. Each half is split again, until at most 64 rows are left. Zero rows come last: they are near
    nothing and would make the ball around their block as wide as possible.

    Args:
        vectors: (N, C) float32; may be memory-mapped.

    Returns:
        (N,) int32, a permutation; the same for the same vectors.
    """
    zero = ~np.concatenate([vectors[part].any(1) for part in _parts(len(vectors))])
    order = np.concatenate((np.flatnonzero(~zero), np.flatnonzero(zero))).astype(np.int32)
    # The matrices are small. With several threads for each, these would wait for each other, and beside other processes
    # that takes a hundred times as long as the work.
    with threadpool_limits(1, user_api="blas"):
        _bisect(vectors, order, int(np.count_nonzero(~zero)))
    return order


def quick_order(vectors: NDArray[np.float32]) -> NDArray[np.int32]:
    """As `block_order`, in a tenth of the time and a little less well: for galleries that are soon made again.

    Rows are split at the median of the component that varies most among them.

    Args:
        vectors: (N, C) float32, in memory.
    """
    zero = ~vectors.any(1)
    order = np.concatenate((np.flatnonzero(~zero), np.flatnonzero(zero))).astype(np.int32)
    waiting = [(0, int(np.count_nonzero(~zero)))]
    while waiting:
        start, end = waiting.pop()
        if end - start <= BLOCK:
            continue
        rows = order[start:end]
        held = vectors[rows]
        along = held[:, np.square(held - held.mean(0)).sum(0).argmax()]
        middle = -(-(end - start) // BLOCK) // 2 * BLOCK
        order[start:end] = rows[np.argpartition(along, middle)]
        waiting += [(start, start + middle), (start + middle, end)]
    return order


def _bisect(vectors: NDArray[np.float32], order: NDArray[np.int32], count: int) -> None:
    """Order the first rows in place."""
    waiting = [(0, count)]
    while waiting:
        start, end = waiting.pop()
        if end - start <= BLOCK:
            continue
        rows = order[start:end]
        along = _along(vectors, rows)
        # Whole blocks on the left, so that only the very last block may be partly filled.
        middle = -(-(end - start) // BLOCK) // 2 * BLOCK
        order[start:end] = rows[np.argpartition(along, middle)]
        waiting += [(start, start + middle), (start + middle, end)]


def _along(vectors: NDArray[np.float32], rows: NDArray[np.int32]) -> NDArray[np.float32]:
    """The position of each row along the line that separates the rows best."""
    sample = vectors[np.sort(rows[:: -(-len(rows) // _SAMPLED)])]
    centred = sample - sample.mean(0)
    direction: NDArray[np.float32] = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    for _ in range(_ROUNDS):
        places = _dot(sample, direction)
        upper = places > np.median(places)
        if upper.all() or not upper.any():
            break
        direction = sample[upper].mean(0) - sample[~upper].mean(0)
    return np.concatenate([_dot(vectors[rows[part]], direction) for part in _parts(len(rows))])


def _dot(vectors: NDArray[np.float32], direction: NDArray[np.float32]) -> NDArray[np.float32]:
    # Not `@`: with OpenBLAS 0.3.31 and 5 columns it sometimes warned of invalid values where there were none.
    dots: NDArray[np.float32] = np.einsum("ij,j->i", vectors, direction)
    return dots


def _parts(count: int) -> list[slice]:
    return [slice(start, start + _AT_ONCE) for start in range(0, count, _AT_ONCE)]

"""Reduced embeddings as unit rows, whose bits depend on nothing but the embedding and the reduction."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from index.reduction import Reduction, unit_rows

_ROWS_AT_ONCE: Final = 16_384
_ROUNDOFF: Final = float(np.finfo(np.float64).eps)


def unit_vectors(embeddings: NDArray[np.float32], reduction: Reduction) -> NDArray[np.float32]:
    """Reduced embeddings of length 1; a zero vector stays zero.

    A matrix product may add up in another order for another number of rows. Then an item that is embedded alone would
    get other bits than in a catalogue, and equal pictures would not tie. So each sum is rounded as if it were exact:
    where the rounding of the product leaves a doubt, it is added up again by `math.fsum`.

    Args:
        embeddings: (N, 512) float32, finite, may be memory-mapped.
        reduction: applied to them.

    Returns:
        (N, C) float32.
    """
    vectors = np.empty((len(embeddings), reduction.components), np.float32)
    for start in range(0, len(embeddings), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        reduced = _reduced(np.ascontiguousarray(embeddings[part]), reduction).astype(np.float64)
        lengths = np.sqrt(np.vecdot(reduced, reduced))[:, None]
        lengths[lengths == 0.0] = 1.0
        vectors[part] = reduced / lengths
    return vectors


def unit_query(reduced: NDArray[np.float32], components: int) -> NDArray[np.float32]:
    """A reduced query of length 1, (C,) float32; a zero vector stays zero.

    Raises:
        ValueError: the query is not C finite numbers.
    """
    if reduced.shape != (components,):
        raise ValueError(f"query must have shape ({components},), not {reduced.shape}")
    # In float64 the squares of a finite float32 query neither underflow nor overflow.
    wide = reduced.astype(np.float64)
    length = math.sqrt(wide.dot(wide))
    if not math.isfinite(length):
        raise ValueError("query must be finite numbers; it contains NaN or infinity")
    unit: NDArray[np.float32] = (wide / (length or 1.0)).astype(np.float32)
    return unit


def _reduced(embeddings: NDArray[np.float32], reduction: Reduction) -> NDArray[np.float32]:
    if reduction.scaling == "l2":
        embeddings = unit_rows(embeddings)
    rows = embeddings.astype(np.float64)
    matrix, offset = reduction.matrix.astype(np.float64), reduction.offset.astype(np.float64)
    sums = rows @ matrix + offset
    # Products of two float32 are exact in float64, so only the additions round (Higham 2002, section 3.1). The sum of
    # the sizes of the products is at most the product of two lengths.
    sizes = np.linalg.norm(rows, axis=1)[:, None] * np.linalg.norm(matrix, axis=0) + np.abs(offset)
    error = 2 * (rows.shape[1] + 1) * _ROUNDOFF * sizes
    doubtful = (sums - error).astype(np.float32) != (sums + error).astype(np.float32)
    for row, component in np.argwhere(doubtful).tolist():
        products = rows[row] * matrix[:, component]
        sums[row, component] = math.fsum([*products.tolist(), float(offset[component])])
    return sums.astype(np.float32)

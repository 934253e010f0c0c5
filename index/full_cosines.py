"""Cosines of full embeddings that are stored in half precision."""

import math

import numpy as np
from numpy.typing import NDArray

from index.exact.arguments import SCORE_STEPS
from index.scoring import Scoring
from index.search_code import SEARCHES


def compared(full: NDArray[np.float32], dimensions: int, scoring: Scoring) -> NDArray[np.float64]:
    """What is compared of a query's full embedding, (D - scoring.first,) float64 of length 1, or zero.

    Args:
        full: (D,) of any length.
        dimensions: D, of the items' embeddings.
        scoring: how items are scored.

    Raises:
        ValueError: it has another shape or is not finite.
    """
    if full.shape != (dimensions,):
        raise ValueError(f"full must have shape ({dimensions},), not {full.shape}")
    # In float64 the squares of a finite float32 query neither underflow nor overflow.
    wide = full.astype(np.float64)
    if not np.isfinite(wide).all():
        raise ValueError("full must be finite numbers; it contains NaN or infinity")
    part = wide[scoring.first :]
    unit: NDArray[np.float64] = part / (math.sqrt(part.dot(part)) or 1.0)
    return unit


def full_cosines(
    bits: NDArray[np.int16], rows: NDArray[np.int64], scoring: Scoring, unit: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Cosines of what is compared of some rows' full embeddings, (K,) float64.

    Each row has a separate dot product, so its cosine does not depend on the other rows.

    Args:
        bits: (N, D) int16, the bits of finite float16 numbers; not writable, or the kernel is compiled once more.
        rows: (K,) of `bits`.
        scoring: how items are scored.
        unit: the query's, see `compared`.
    """
    cosines = np.empty(rows.size, np.float64)
    SEARCHES.code().half_cosines(bits, rows, scoring.first, unit, cosines)
    return np.rint(cosines * SCORE_STEPS) / SCORE_STEPS

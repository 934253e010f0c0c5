"""What the compiled kernels are called with; apart from them, for Numba takes long to import."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK = 64
"""Rows of a block, and blocks of a node: a cache line of 8-bit codes."""


class Arrays(NamedTuple):
    """What a kernel reads of `index.exact.layout.Layout`, which says what each is."""

    vectors: NDArray[np.float32]
    rows: NDArray[np.int32]
    codes: NDArray[np.int8]
    errors: NDArray[np.float32]
    stages: NDArray[np.int64]
    centres: NDArray[np.float32]
    cosines: NDArray[np.float32]
    sines: NDArray[np.float32]
    node_centres: NDArray[np.float32]
    node_cosines: NDArray[np.float32]
    node_sines: NDArray[np.float32]


class Query(NamedTuple):
    """A query, prepared.

    Attributes:
        wide: (C,) float64, of length 1 or zero.
        unit: (C,) float32, the same.
        scaled: (C,) float32, the same times the codes' scales.
        tails: (S - 1,) float32, the length of what comes after each stage, times the scale of the rows' lengths.
        margin: how far two of the kernels' float32 figures may be apart by rounding alone.
    """

    wide: NDArray[np.float64]
    unit: NDArray[np.float32]
    scaled: NDArray[np.float32]
    tails: NDArray[np.float32]
    margin: np.float32


class Among(NamedTuple):
    """Which rows may be hits.

    Attributes:
        allowed: (N,) bool by catalogue row, or empty for all.
        excluded: a row that may not, or -1.
    """

    allowed: NDArray[np.bool_]
    excluded: int

"""What the compiled kernels are called with; apart from them, for Numba takes long to import."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK = 64
"""Rows of a block, and blocks of a node: a cache line of bytes."""

QUAD = 4
"""Components whose codes lie side by side."""

LOW_BITS = 7
"""Bits of the low part of a query's weights."""

LARGEST_CODE = 127
ZERO_CODE = 128
"""A component's code is its number of steps, -127 to 127, and this."""


class Arrays(NamedTuple):
    """What a kernel reads of `index.exact.layout.Layout`, which says what each is.

    Attributes:
        codes: flat; `block_bytes` of them for each block.
        stages: (S,) after how many components a block is looked at.
    """

    vectors: NDArray[np.float32]
    rows: NDArray[np.int32]
    codes: NDArray[np.uint8]
    block_bytes: int
    stages: NDArray[np.int64]
    scales: NDArray[np.float32]
    errors: NDArray[np.float32]
    tails: NDArray[np.float32]
    centres: NDArray[np.float32]
    cosines: NDArray[np.float32]
    sines: NDArray[np.float32]
    node_centres: NDArray[np.float32]
    node_cosines: NDArray[np.float32]
    node_sines: NDArray[np.float32]


class Among(NamedTuple):
    """Which rows may be hits.

    Attributes:
        allowed: (N,) bool by catalogue row, or empty for all.
        excluded: a row that may not, or -1.
    """

    allowed: NDArray[np.bool_]
    excluded: int

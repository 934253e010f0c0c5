"""Argument types of the compiled kernels; in a module of their own, because Numba takes long to import."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BLOCK = 64
"""Rows of a block, and blocks of a node: a cache line of bytes."""

QUAD = 4
"""Components whose codes are stored side by side."""

LOW_BITS = 7
"""Bits of the low part of a query's weights."""

LARGEST_CODE = 127
ZERO_CODE = 128
"""A component's code is its number of steps, -127 to 127, plus this."""


class Arrays(NamedTuple):
    """The arrays of an `index.exact.layout.Layout`, which documents them, as a kernel reads them.

    Attributes:
        codes: flat; `block_bytes` of them for each block.
        stages: (S,) numbers of components after which a block is checked.
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
        excluded: a row that may not be a hit, or -1.
    """

    allowed: NDArray[np.bool_]
    excluded: int


class Scoring(NamedTuple):
    """How items that are near by their reduced embeddings are scored by their full ones; see `index.scoring`.

    Attributes:
        first: the first coordinate of full embeddings that is compared; 0 for all of them.
        near: for other than all: the cosine from which it raises a score, below 1.
    """

    first: int
    near: float


SCORE_STEPS = 2.0**40
"""A cosine of full embeddings is rounded to this fraction before it becomes float32: the last digits of its sum depend
on the processor, and float32 hides them except next to 0."""

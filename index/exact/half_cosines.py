"""Cosines of rows stored in half precision."""

import numpy as np

from index.exact.compiling import REORDERED, compiled
from index.half_floats import MANTISSA_SHIFT, SIGN_AND_MOVED_BITS


@compiled(fastmath=REORDERED)
def half_cosine(bits, row, unit):
    """The cosine of a row and a vector; 0 for a zero row.

    Args:
        bits: (N, D) int16, the bits of finite float16 numbers; see `index.half_floats.widen`. Its factor cancels here.
        row: of `bits`.
        unit: (D,) float64, length 1 or zero.
    """
    product = 0.0
    square = 0.0
    for dimension in range(unit.size):
        moved = np.int32((np.int32(bits[row, dimension]) << MANTISSA_SHIFT) & SIGN_AND_MOVED_BITS)
        value = np.float64(moved.view(np.float32))
        product += value * unit[dimension]
        square += value * value
    return product / np.sqrt(square) if square > 0.0 else 0.0


@compiled()
def half_cosines(bits, rows, unit, cosines):
    """Fill `cosines` (R,) float64 with the cosines of some rows and a vector; arguments as for `half_cosine`."""
    for number in range(rows.size):
        cosines[number] = half_cosine(bits, rows[number], unit)

"""Cosines of rows stored in half precision."""

import numpy as np

from index.exact.compiling import REORDERED, compiled
from index.half_floats import MANTISSA_SHIFT, SIGN_AND_MOVED_BITS


@compiled(fastmath=REORDERED)
def half_cosines(bits, rows, unit, cosines):
    """Fill `cosines` (R,) float64 with the cosines of some rows and a vector; 0 for zero rows.

    Args:
        bits: (N, D) int16, the bits of finite float16 numbers; see `index.half_floats.widen`. Its factor cancels here.
        rows: (R,) int64.
        unit: (D,) float64, length 1 or zero.
    """
    for number in range(rows.size):
        row = rows[number]
        product = 0.0
        square = 0.0
        for dimension in range(unit.size):
            moved = np.int32((np.int32(bits[row, dimension]) << MANTISSA_SHIFT) & SIGN_AND_MOVED_BITS)
            value = np.float64(moved.view(np.float32))
            product += value * unit[dimension]
            square += value * value
        cosines[number] = product / np.sqrt(square) if square > 0.0 else 0.0

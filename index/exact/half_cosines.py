"""Cosines of rows stored in half precision."""

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import config
from numba.extending import intrinsic

from index.exact.compiling import REORDERED, compiled
from index.half_floats import MANTISSA_SHIFT, SIGN_AND_MOVED_BITS


def has_half_floats() -> bool:
    """Whether code is compiled for this processor and not for a named one, and the processor converts half floats."""
    if config.CPU_NAME or config.CPU_FEATURES:
        return False
    features = llvmlite.binding.get_host_cpu_features()
    return bool(features.get("f16c") and features.get("avx2"))


@intrinsic
def _by_instruction(_context, bits):
    """The number with these 16 bits, converted by the processor."""
    signature = types.float32(bits)

    def generate(_context, builder, _signature, arguments):
        return builder.fpext(builder.bitcast(arguments[0], ir.HalfType()), ir.FloatType())

    return signature, generate


@compiled()
def widen_by_instruction(bits):
    """The number with these 16 bits."""
    return np.float64(_by_instruction(bits))


@compiled()
def widen_by_shifting(bits):
    """The same times 2**-112 on any processor; see `index.half_floats.widen`."""
    moved = np.int32((np.int32(bits) << MANTISSA_SHIFT) & SIGN_AND_MOVED_BITS)
    return np.float64(moved.view(np.float32))


widen = widen_by_instruction if has_half_floats() else widen_by_shifting


@compiled(fastmath=REORDERED)
def half_cosine(bits, row, first, unit):
    """The cosine of a vector and a row from one of its numbers on; 0 if these are zeros.

    The factor of `widen` cancels here.

    Args:
        bits: (N, D) int16, the bits of finite float16 numbers.
        row: of `bits`.
        first: the first number of the row that counts.
        unit: (D - first,) float64, length 1 or zero.
    """
    product = 0.0
    square = 0.0
    for dimension in range(unit.size):
        value = widen(bits[row, first + dimension])
        product += value * unit[dimension]
        square += value * value
    return product / np.sqrt(square) if square > 0.0 else 0.0


@compiled()
def half_cosines(bits, rows, first, unit, cosines):
    """Fill `cosines` (R,) float64 with the cosines of some rows and a vector; arguments as for `half_cosine`."""
    for number in range(rows.size):
        cosines[number] = half_cosine(bits, rows[number], first, unit)

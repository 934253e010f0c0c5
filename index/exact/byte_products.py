"""Arithmetic on the codes of 64 rows at once, with SIMD instructions.

AVX-512 VNNI multiplies 64 unsigned by 64 signed bytes and adds the products in groups of four. A weight has 15 bits,
so it takes two such products: for its high part and its low part. Other processors multiply vectors of 32-bit
numbers, one byte of each group of four at a time. A compiler does not find this in a plain loop (docs/search.md).
"""

import llvmlite.binding
from llvmlite import ir
from numba import types
from numba.core import config
from numba.extending import intrinsic

from index.exact.arguments import BLOCK, LOW_BITS, QUAD
from index.exact.compiling import compiled

_LANES, _WIDE_LANES = 16, 8
_I8, _I32, _I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_BYTES, _SUMS = ir.VectorType(_I8, _LANES * QUAD), ir.VectorType(_I32, _LANES)
_WIDE = ir.VectorType(_I32, _WIDE_LANES)
_BLOCK_BYTES, _BLOCK_SUMS = ir.VectorType(_I8, BLOCK), ir.VectorType(_I32, BLOCK)


def has_vnni() -> bool:
    """Whether code is compiled for this processor and not for a named one, and the processor has the instruction."""
    if config.CPU_NAME or config.CPU_FEATURES:
        return False
    features = llvmlite.binding.get_host_cpu_features()
    return bool(features.get("avx512vnni") and features.get("avx512bw"))


@intrinsic
def _add_by_instruction(_context, codes, offset, high, low, sums):
    """`sums` (64,) int32 += products of 256 bytes of `codes` from `offset` with four packed weights."""
    signature = types.void(codes, offset, high, low, sums)

    def generate(context, builder, signature, arguments):
        product = builder.module.declare_intrinsic(
            "llvm.x86.avx512.vpdpbusd.512", (), ir.FunctionType(_SUMS, [_SUMS, _BYTES, _BYTES])
        )
        high, low = (builder.bitcast(_spread(builder, packed, _SUMS), _BYTES) for packed in arguments[2:4])
        for part in range(BLOCK // _LANES):
            values_at = _place(context, builder, signature, arguments, 0, _BYTES, arguments[1], part * _LANES * QUAD)
            sums_at = _place(context, builder, signature, arguments, 4, _SUMS, None, part * _LANES)
            values = builder.load(values_at, align=1)
            upper = builder.call(product, [ir.Constant(_SUMS, None), values, high])
            upper = builder.shl(upper, ir.Constant(_SUMS, [LOW_BITS] * _LANES))
            total = builder.add(builder.load(sums_at, align=4), upper)
            builder.store(builder.call(product, [total, values, low]), sums_at, align=4)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def _add_by_vectors(_context, codes, offset, first, second, third, fourth, sums):
    """The same with four unpacked weights."""
    signature = types.void(codes, offset, first, second, third, fourth, sums)

    def generate(context, builder, signature, arguments):
        weights = [_spread(builder, weight, _WIDE) for weight in arguments[2:6]]
        for start in range(0, BLOCK, _WIDE_LANES):
            codes_at = _place(context, builder, signature, arguments, 0, _WIDE, arguments[1], start * QUAD)
            sums_at = _place(context, builder, signature, arguments, 6, _WIDE, None, start)
            # The first byte of four is the lowest, because the processors that Numba supports are little-endian.
            fours = builder.load(codes_at, align=1)
            total = builder.load(sums_at, align=4)
            for byte, weight in enumerate(weights):
                values = builder.lshr(fours, ir.Constant(_WIDE, [8 * byte] * _WIDE_LANES))
                values = builder.and_(values, ir.Constant(_WIDE, [255] * _WIDE_LANES))
                total = builder.add(total, builder.mul(values, weight))
            builder.store(total, sums_at, align=4)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def highest(_context, codes, offset, weight, sums):
    """The highest of `sums` (64,) int32 + `weight` times the 64 bytes of `codes` from `offset`."""
    signature = types.int32(codes, offset, weight, sums)

    def generate(context, builder, signature, arguments):
        reduce = builder.module.declare_intrinsic(
            f"llvm.vector.reduce.smax.v{BLOCK}i32", (), ir.FunctionType(_I32, [_BLOCK_SUMS])
        )
        values = builder.load(_place(context, builder, signature, arguments, 0, _BLOCK_BYTES, arguments[1], 0), align=1)
        sums = builder.load(_place(context, builder, signature, arguments, 3, _BLOCK_SUMS, None, 0), align=4)
        weighted = builder.mul(builder.zext(values, _BLOCK_SUMS), _spread(builder, arguments[2], _BLOCK_SUMS))
        return builder.call(reduce, [builder.add(sums, weighted)])

    return signature, generate


def _place(context, builder, signature, arguments, number, kind, offset, more):
    """Pointer to `kind` in an array argument, `offset` (a value) plus `more` (a constant) elements from its start."""
    array = context.make_array(signature.args[number])(context, builder, arguments[number])
    place = builder.gep(array.data, [ir.Constant(_I64, more)])
    if offset is not None:
        place = builder.gep(place, [offset])
    return builder.bitcast(place, ir.PointerType(kind))


def _spread(builder, value, kind):
    """A vector with the same value in each lane."""
    nothing = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(_I32, 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_I32, kind.count), [0] * kind.count))


@compiled()
def add_by_instruction(_weights, high, low, codes, offset, quad, sums):
    """`sums` (64,) int32 += products of 256 bytes of `codes` from `offset` with four weights of the query."""
    _add_by_instruction(codes, offset, high[quad], low[quad], sums)


@compiled()
def add_by_vectors(weights, _high, _low, codes, offset, quad, sums):
    """The same on any processor."""
    place = quad * QUAD
    _add_by_vectors(codes, offset, weights[place], weights[place + 1], weights[place + 2], weights[place + 3], sums)


add_products = add_by_instruction if has_vnni() else add_by_vectors

"""Fetching rows from memory before they are needed."""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from index.exact.compiling import compiled

_LINE_BYTES = 64
_READ, _KEEP, _DATA = 0, 3, 1


@intrinsic
def _fetch(_context, array, row, column):
    """Ask for the cache line that holds an element of a two-dimensional array."""
    signature = types.void(array, row, column)

    def generate(context, builder, signature, arguments):
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        size = builder.extract_value(array.strides, 0)
        start = builder.bitcast(array.data, ir.PointerType(ir.IntType(8)))
        place = builder.gep(start, [builder.add(builder.mul(arguments[1], size), arguments[2])])
        kinds = [place.type, *[ir.IntType(32)] * 3]
        name = builder.module.declare_intrinsic("llvm.prefetch.p0", (), ir.FunctionType(ir.VoidType(), kinds))
        builder.call(name, [place, *(ir.Constant(ir.IntType(32), kind) for kind in (_READ, _KEEP, _DATA))])
        return context.get_dummy_value()

    return signature, generate


@compiled()
def fetch_ahead(array, row):
    """Ask for a row of a C-contiguous array, so that it is there soon."""
    for start in range(0, array.shape[1] * array.itemsize, _LINE_BYTES):
        _fetch(array, row, start)

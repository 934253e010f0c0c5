"""Compiles all searches before they are needed: `python -m index.exact.compiling_ahead`.

On a machine where nothing was compiled yet this takes some seconds; later processes read the machine code from where
`index.exact.compiling` keeps it.
"""

import numpy as np

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from index.exact.layout import lay_out
from index.exact.search import ExactSearch


def compile_searches() -> None:
    """Make each kind of search once, on a gallery of a single item."""
    from index.exact.half_cosines import half_cosines

    unit = np.ones(1, np.float32)
    search = ExactSearch(lay_out(unit[None]))
    search.nearest(unit, 1)
    search.nearest_of(unit, 1, np.zeros(1, np.int64))
    search.at_least(unit, np.float32(1.0))
    full = np.zeros((1, EMBEDDING_DIMENSIONS), np.int16)
    full.flags.writeable = False  # as a bundle's, which is mapped
    half_cosines(full, np.zeros(1, np.int64), np.zeros(EMBEDDING_DIMENSIONS), np.empty(1))


if __name__ == "__main__":
    compile_searches()

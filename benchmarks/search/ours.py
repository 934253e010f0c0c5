"""Our exact search as an engine of the benchmark."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.search.engine import Engine
from index.exact.layout import lay_out
from index.exact.search import ExactSearch


class OurEngine(Engine):
    """`index.exact` with one thread per query.

    Args:
        vectors: (N, C) float32, of length 1.
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self.layout = lay_out(vectors)
        self.search = ExactSearch(self.layout)

    @property
    def nbytes(self) -> int:
        """The layout, and the array with the place of each row."""
        return self.layout.nbytes + 4 * len(self.search)

    def nearest(self, query: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """See `Engine.nearest`."""
        return self.search.nearest(query, k)[0]

"""Exact search with plain NumPy."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.search.engine import Engine


class NumpyEngine(Engine):
    """One matrix-vector product in float32 and a partial sort.

    Args:
        vectors: (N, C) float32, of length 1; kept, not copied.
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._vectors = vectors

    @property
    def nbytes(self) -> int:
        """The vectors."""
        return self._vectors.nbytes

    def nearest(self, query: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """See `Engine.nearest`."""
        similarities = self._vectors @ query
        best = np.argpartition(-similarities, k - 1)[:k]
        return best[np.argsort(-similarities[best])]

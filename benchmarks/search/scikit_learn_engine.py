"""scikit-learn's brute-force search."""

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from benchmarks.search.engine import Engine


class ScikitLearnEngine(Engine):
    """`sklearn.neighbors.NearestNeighbors`, brute force by cosine.

    Args:
        vectors: (N, C) float32, of length 1; kept, not copied.
    """

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._nbytes = vectors.nbytes
        self._neighbours = NearestNeighbors(algorithm="brute", metric="cosine").fit(vectors)

    @property
    def nbytes(self) -> int:
        """The vectors; each search also makes a temporary scaled copy of them."""
        return self._nbytes

    def nearest(self, query: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """See `Engine.nearest`."""
        rows: NDArray[np.int64] = self._neighbours.kneighbors(query[None], k, return_distance=False)[0]
        return rows

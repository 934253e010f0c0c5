"""usearch's exact search, and hnswlib."""

from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from benchmarks.search.engine import Engine

_LINKS = 16
_BREADTH = 64
_BUILD_BREADTH = 200
_SEED = 0


class UsearchEngine(Engine):
    """usearch's exact search over float32.

    Args:
        vectors: (N, C) float32, of length 1; kept, not copied.
        threads: number of threads of each search.
    """

    def __init__(self, vectors: NDArray[np.float32], threads: int) -> None:
        self._usearch = import_module("usearch.index")
        self._vectors = vectors
        self._threads = threads

    @property
    def nbytes(self) -> int:
        """The vectors."""
        return self._vectors.nbytes

    def nearest(self, query: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """See `Engine.nearest`."""
        metric = self._usearch.MetricKind.IP
        found = self._usearch.search(self._vectors, query, k, metric, exact=True, threads=self._threads)
        keys: NDArray[np.int64] = found.keys.astype(np.int64)
        return keys


class HnswlibEngine(Engine):
    """hnswlib: 16 links, breadth 64, built with breadth 200.

    Args:
        vectors: (N, C) float32, of length 1.
        threads: number of threads of the build.
    """

    def __init__(self, vectors: NDArray[np.float32], threads: int) -> None:
        self._index = import_module("hnswlib").Index(space="ip", dim=vectors.shape[1])
        self._index.init_index(len(vectors), _BUILD_BREADTH, _LINKS, _SEED)
        self._index.add_items(vectors, num_threads=threads)

    @property
    def nbytes(self) -> int:
        """Size of the index when hnswlib saves it."""
        return int(self._index.index_file_size())

    def nearest(self, query: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """See `Engine.nearest`."""
        # hnswlib fails if the breadth is below k.
        self._index.set_ef(max(_BREADTH, k))
        rows: NDArray[np.int64] = self._index.knn_query(query, k, num_threads=1)[0][0].astype(np.int64)
        return rows

"""faiss: flat, inverted lists and HNSW, all with inner products of vectors of length 1."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.search.engine import Engine

LISTS = 512
PROBED = 16
LINKS = 16
BREADTH = 64
# With fewer vectors per list faiss warns that its lists are badly trained.
_TRAINED_A_LIST = 39


class FaissEngine(Engine):
    """Any faiss index.

    Args:
        index: a filled faiss index.
        threads: number of threads of each search.
    """

    def __init__(self, index: Any, threads: int) -> None:
        self._faiss = import_module("faiss")
        self._index = index
        self._threads = threads

    @property
    def nbytes(self) -> int:
        """Number of bytes that faiss writes to save the index; they are counted and discarded."""
        written = 0

        def count(part: bytes) -> int:
            nonlocal written
            written += len(part)
            return len(part)

        self._faiss.write_index(self._index, self._faiss.PyCallbackIOWriter(count))
        return written

    def nearest(self, query: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        """See `Engine.nearest`."""
        # This setting belongs to the calling thread, and is cheap.
        self._faiss.omp_set_num_threads(self._threads)
        return _found(self._index.search(query[None], k)[1])

    def nearest_among(self, query: NDArray[np.float32], k: int, parameters: Any) -> NDArray[np.int64]:
        """As `nearest`, but only among the rows that `selection` allowed."""
        self._faiss.omp_set_num_threads(self._threads)
        return _found(self._index.search(query[None], k, params=parameters)[1])

    def selection(self, allowed: NDArray[np.bool_]) -> Any:
        """The `parameters` of `nearest_among`: faiss's fastest filter, with a bit per row."""
        bits = np.packbits(allowed, bitorder="little")
        # faiss itself keeps the selector and its bits alive.
        return self._faiss.SearchParameters(sel=self._faiss.IDSelectorBitmap(bits))


def flat(vectors: NDArray[np.float32], threads: int) -> FaissEngine:
    """`IndexFlatIP`: compares every vector; exact up to float32 rounding.

    Args:
        vectors: (N, C) float32, of length 1.
        threads: number of threads of each search.
    """
    index = import_module("faiss").IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return FaissEngine(index, threads)


def inverted_lists(vectors: NDArray[np.float32], threads: int) -> FaissEngine:
    """`IndexIVFFlat`: 512 lists (fewer for under 19,968 items), 16 of them searched; arguments as for `flat`."""
    faiss = import_module("faiss")
    quantizer = faiss.IndexFlatIP(vectors.shape[1])
    lists = max(1, min(LISTS, len(vectors) // _TRAINED_A_LIST))
    index = faiss.IndexIVFFlat(quantizer, vectors.shape[1], lists, faiss.METRIC_INNER_PRODUCT)
    faiss.omp_set_num_threads(threads)
    index.train(vectors)
    index.add(vectors)
    index.nprobe = PROBED
    return FaissEngine(index, threads)


def hnsw(vectors: NDArray[np.float32], threads: int) -> FaissEngine:
    """`IndexHNSWFlat`: 16 links, breadth 64; arguments as for `flat`."""
    faiss = import_module("faiss")
    index = faiss.IndexHNSWFlat(vectors.shape[1], LINKS, faiss.METRIC_INNER_PRODUCT)
    faiss.omp_set_num_threads(threads)
    index.add(vectors)
    index.hnsw.efSearch = BREADTH
    return FaissEngine(index, threads)


def _found(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    # -1 means that nothing was found.
    rows: NDArray[np.int64] = labels[0][labels[0] >= 0]
    return rows

"""All engines that `--engines` can name."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from benchmarks.search.engine import Engine, Kind
from contracts.errors import BenchmarkError

OURS = "ours"
FLAT = ("faiss-flat", "faiss-flat-threads")
"""faiss's exact search with one thread and with all; the faster of the two is our baseline."""

THREADS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
"""Cores that this process may use."""


# Each engine imports its library when it builds, so that a process that measures one build does not load all of them.
def _ours(vectors: NDArray[np.float32]) -> Engine:
    from benchmarks.search.ours import OurEngine

    return OurEngine(vectors)


def _article_naive(embeddings: NDArray[np.float32]) -> Engine:
    from benchmarks.search.article import NaiveEngine

    return NaiveEngine(embeddings)


def _article_kmeans(embeddings: NDArray[np.float32]) -> Engine:
    from benchmarks.search.article import KMeansEngine

    return KMeansEngine(embeddings)


def _article_pca(embeddings: NDArray[np.float32]) -> Engine:
    from benchmarks.search.article import PcaEngine

    return PcaEngine(embeddings)


def _numpy(vectors: NDArray[np.float32]) -> Engine:
    from benchmarks.search.numpy_engine import NumpyEngine

    return NumpyEngine(vectors)


def _scikit_learn(vectors: NDArray[np.float32]) -> Engine:
    from benchmarks.search.scikit_learn_engine import ScikitLearnEngine

    return ScikitLearnEngine(vectors)


def _faiss_flat(vectors: NDArray[np.float32]) -> Engine:
    from benchmarks.search.faiss_engines import flat

    return flat(vectors, 1)


def _faiss_flat_threads(vectors: NDArray[np.float32]) -> Engine:
    from benchmarks.search.faiss_engines import flat

    return flat(vectors, THREADS)


def _faiss_ivf(vectors: NDArray[np.float32]) -> Engine:
    from benchmarks.search.faiss_engines import inverted_lists

    return inverted_lists(vectors, THREADS)


def _faiss_hnsw(vectors: NDArray[np.float32]) -> Engine:
    from benchmarks.search.faiss_engines import hnsw

    return hnsw(vectors, THREADS)


def _usearch(vectors: NDArray[np.float32]) -> Engine:
    from benchmarks.search.other_libraries import UsearchEngine

    return UsearchEngine(vectors, THREADS)


def _hnswlib(vectors: NDArray[np.float32]) -> Engine:
    from benchmarks.search.other_libraries import HnswlibEngine

    return HnswlibEngine(vectors, THREADS)


_FAISS = ("faiss", "faiss-cpu")
KINDS = (
    Kind(OURS, "ours, 1 thread", "reduced", _ours),
    Kind("article-naive", "the article's naive query, 512-d", "full", _article_naive),
    Kind("article-kmeans", "the article's K-Means query, 512-d", "full", _article_kmeans),
    Kind("article-pca", "the article's PCA query, 30-d", "full", _article_pca),
    Kind("numpy", "NumPy, matrix @ query and argpartition", "reduced", _numpy),
    Kind("scikit-learn", "scikit-learn NearestNeighbors, brute", "reduced", _scikit_learn),
    Kind(FLAT[0], "faiss IndexFlatIP, 1 thread", "reduced", _faiss_flat, *_FAISS),
    Kind(FLAT[1], f"faiss IndexFlatIP, threads: {THREADS}", "reduced", _faiss_flat_threads, *_FAISS),
    Kind("faiss-ivf", f"faiss IVF512, nprobe 16, threads: {THREADS}", "reduced", _faiss_ivf, *_FAISS),
    Kind("faiss-hnsw", "faiss HNSW16, ef 64", "reduced", _faiss_hnsw, *_FAISS),
    Kind("usearch", f"usearch exact, threads: {THREADS}", "reduced", _usearch, "usearch", "usearch"),
    Kind("hnswlib", "hnswlib M 16, ef 64, 1 thread", "reduced", _hnswlib, "hnswlib", "hnswlib"),
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An engine that was not measured, and why.

    Attributes:
        name: of the engine.
        why: the reason and what to do about it.
    """

    name: str
    why: str


def kind(name: str) -> Kind:
    """The engine with this name.

    Raises:
        BenchmarkError: there is none.
    """
    for found in KINDS:
        if found.name == name:
            return found
    raise BenchmarkError(f"there is no engine {name!r:.60}; --engines takes {', '.join(k.name for k in KINDS)}")


def installed(kinds: Sequence[Kind]) -> tuple[list[Kind], list[LeftOut]]:
    """Separate the engines whose library is installed from the others."""
    here, missing = [], []
    for candidate in kinds:
        if candidate.module and find_spec(candidate.module) is None:
            why = f"{candidate.package} is not installed: pip install -e '.[benchmark]'"
            missing.append(LeftOut(candidate.name, why))
        else:
            here.append(candidate)
    return here, missing

"""How the cost of a search depends on the share of items that pass a filter."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.search import truth
from benchmarks.search.faiss_engines import FaissEngine
from benchmarks.search.findings import SelectivityPoint
from benchmarks.search.ours import OurEngine
from index.gallery import Gallery
from index.selection import FEW, Selection
from launch.progress import progress_bar

SHARES = (0.00001, 0.0001, 0.001, 0.01, 0.1, 0.3, 1.0)
_Way = Callable[[NDArray[np.float32], int], NDArray[np.int64]]


def measure_selectivity(
    vectors: NDArray[np.float32],
    queries: NDArray[np.float32],
    k: int,
    ours: OurEngine,
    faiss: FaissEngine | None,
    generator: np.random.Generator,
) -> list[SelectivityPoint]:
    """Search with filters that 0.001 % to 100 % of the items pass, and at least one item.

    Scattered items are the easy case for us. Items that are close together are the hard one: most queries are far from
    all of them, and then few blocks can be skipped.

    Args:
        vectors: (N, C) float32, of length 1.
        queries: (Q, C) float32, of length 1.
        k: number of results; fewer if fewer items pass.
        ours: built from these vectors.
        faiss: flat, built from these vectors; None leaves it out.
        generator: for the filters.
    """
    gallery = Gallery(ours.layout)
    count = len(vectors)
    passing = [(share, round(share * count)) for share in SHARES if round(share * count) >= 1]
    points = []
    with progress_bar("Filtering", "filter") as progress:
        for kind in ("scattered", "together"):
            for share, items in passing:
                allowed = np.zeros(count, np.bool_)
                if kind == "scattered":
                    allowed[generator.choice(count, items, replace=False)] = True
                else:
                    similar = vectors @ vectors[generator.integers(count)]
                    allowed[np.argpartition(-similar, items - 1)[:items]] = True
                points.append(
                    _measured(kind, share, allowed, vectors, queries, k, _ways(gallery, ours, faiss, allowed))
                )
                progress(len(points), 2 * len(passing))
    return points


def _ways(gallery: Gallery, ours: OurEngine, faiss: FaissEngine | None, allowed: NDArray[np.bool_]) -> dict[str, _Way]:
    rows = np.flatnonzero(allowed)
    # As made by the API's attribute filters. Prepared and counted in advance, like faiss's selection.
    few = len(rows) < FEW * len(allowed)
    among = Selection(len(allowed), rows=rows) if few else Selection.where(allowed)
    ways: dict[str, _Way] = {
        "ours": lambda query, k: gallery.nearest(query, k, among=among).rows,
        "ours by mask": lambda query, k: ours.search.nearest(query, k, allowed=allowed)[0],
        "ours by rows": lambda query, k: ours.search.nearest_of(query, k, rows)[0],
    }
    if faiss is not None:
        selection = faiss.selection(allowed)
        ways["faiss-flat"] = lambda query, k: faiss.nearest_among(query, k, selection)
    return ways


def _measured(
    kind: str,
    share: float,
    allowed: NDArray[np.bool_],
    vectors: NDArray[np.float32],
    queries: NDArray[np.float32],
    k: int,
    ways: dict[str, _Way],
) -> SelectivityPoint:
    rows = np.flatnonzero(allowed)
    wanted = truth.nearest(vectors, queries, min(k, len(rows)), rows)
    milliseconds = {way: np.empty(len(queries)) for way in ways}
    exact = np.ones(len(queries), np.bool_)
    for way, search in ways.items():
        search(queries[-1], k)
        for number, query in enumerate(queries):
            started = time.perf_counter()
            found = search(query, k)
            milliseconds[way][number] = (time.perf_counter() - started) * 1000
            if way.startswith("ours"):
                exact[number] &= np.array_equal(found, wanted.rows[number])
    p50 = {way: float(np.median(values)) for way, values in milliseconds.items()}
    return SelectivityPoint(kind, share, len(rows), p50, int(np.count_nonzero(exact)), len(queries))

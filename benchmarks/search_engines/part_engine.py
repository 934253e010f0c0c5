"""Parts and searchers as engines of a benchmark, so that all are timed alike."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.search.engine import Engine
from index.part import Part
from index.query import SearchQuery
from index.searcher import Searcher


class NearestInPart(Engine):
    """The nearest items by reduced embeddings, in memory or in an engine.

    Args:
        part: whose numbers are rows.
    """

    def __init__(self, part: Part) -> None:
        self._part = part

    @property
    def nbytes(self) -> int:
        """Not known here; see `benchmarks.search_engines.running`."""
        return 0

    def nearest(self, query: NDArray[Any], k: int) -> NDArray[np.int64]:
        """See `Engine.nearest`."""
        return self._part.candidates((), ()).nearest(query, k).numbers


class ServedPage(Engine):
    """The first page that the API would answer: ranked by both embeddings, with ids and attributes.

    Args:
        searcher: asks the part.
        rows: of each id.
    """

    def __init__(self, searcher: Searcher, rows: dict[str, int]) -> None:
        self._searcher = searcher
        self._rows = rows

    @property
    def nbytes(self) -> int:
        """Not known here."""
        return 0

    def nearest(self, query: NDArray[Any], k: int) -> NDArray[np.int64]:
        """The rows of the page; `query` is before reduction."""
        page = self._searcher.find(SearchQuery(limit=k), query)
        return np.array([self._rows[item.id] for item in page.items], np.int64)

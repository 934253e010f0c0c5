"""Exact search over a layout, one query at a time or many."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from index.exact.arguments import Among, Arrays, Scoring
from index.exact.layout import Layout, stages
from index.search_code import SEARCHES

_Scalar = TypeVar("_Scalar", bound=np.generic)
ALL = np.empty(0, np.bool_)
"""The rows that may be hits, if all may be."""


class ExactSearch:
    """Finds exactly the rows with the highest cosines.

    The result equals that of float64 dot products between the float32 query and the stored float32 rows, ranked by
    (-similarity, row). Safe to call from several threads at once; releases the interpreter's lock.

    Args:
        layout: see `index.exact.layout.lay_out`. Its arrays may be memory-mapped and are never written to.

    Attributes:
        arrays: those of the layout, as the searches read them.
    """

    def __init__(self, layout: Layout) -> None:
        self.arrays = Arrays(
            vectors=_read_only(layout.vectors),
            rows=_read_only(layout.rows),
            codes=_read_only(layout.codes).reshape(-1),
            block_bytes=layout.codes.shape[1],
            stages=np.array(stages(layout.vectors.shape[1]), np.int64),
            scales=layout.scales,
            errors=layout.errors,
            tails=layout.tails,
            centres=np.asarray(layout.blocks.centres),
            cosines=np.asarray(layout.blocks.cosines),
            sines=np.asarray(layout.blocks.sines),
            node_centres=np.asarray(layout.nodes.centres),
            node_cosines=np.asarray(layout.nodes.cosines),
            node_sines=np.asarray(layout.nodes.sines),
        )
        self._places = np.empty(len(self), np.int32)
        self._places[self.arrays.rows] = np.arange(len(self), dtype=np.int32)

    def __len__(self) -> int:
        return int(self.arrays.rows.size)

    @property
    def components(self) -> int:
        """Dimensions of a row, C."""
        return int(self.arrays.vectors.shape[1])

    def vector(self, row: int) -> NDArray[np.float32]:
        """The unit vector of a catalogue row, (C,) float32, or zeros."""
        vector: NDArray[np.float32] = self.arrays.vectors[self._places[row]].copy()
        return vector

    def vectors(self, rows: NDArray[np.integer]) -> NDArray[np.float32]:
        """The unit vectors of some catalogue rows, (M, C) float32, or zeros."""
        vectors: NDArray[np.float32] = self.arrays.vectors[self._places[rows]]
        return vectors

    def nearest(
        self,
        unit: NDArray[np.float32],
        k: int,
        *,
        allowed: NDArray[np.bool_] | None = None,
        excluded_row: int = -1,
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The k rows most similar to a query, best first, equal ones in row order; fewer if fewer are allowed.

        Args:
            unit: (C,) float32 of length 1, or zero and then with similarity 0 to everything.
            k: 1 or more.
            allowed: (N,) bool by catalogue row, C-contiguous; None allows all.
            excluded_row: a row that may not be a hit; -1 for none.
        """
        wanted = min(k, len(self))
        similarities, found = np.empty(wanted, np.float64), np.empty(wanted, np.int64)
        among = Among(ALL if allowed is None else allowed, excluded_row)
        count = SEARCHES.code().nearest(unit, self.arrays, among, similarities, found)
        return found[:count], similarities[:count]

    def nearest_of(
        self, unit: NDArray[np.float32], k: int, rows: NDArray[np.integer]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """As `nearest`, but only among the given rows; cheaper when they are few.

        Args:
            unit, k: as for `nearest`.
            rows: (M,) catalogue rows, all different.
        """
        wanted = min(k, len(rows))
        similarities, found = np.empty(wanted, np.float64), np.empty(wanted, np.int64)
        # In the order of places, so that memory is read from front to back.
        places = np.sort(self._places[rows])
        count = SEARCHES.code().nearest_of(unit, self.arrays, places, similarities, found)
        return found[:count], similarities[:count]

    def reranked(
        self,
        unit: NDArray[np.float32],
        window: int,
        k: int,
        bits: NDArray[np.int16],
        scoring: Scoring,
        full: NDArray[np.float64],
        *,
        allowed: NDArray[np.bool_] | None = None,
        excluded_row: int = -1,
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
        """The k best of the `window` nearest by their scores, equal ones in row order.

        Args:
            unit, allowed, excluded_row: as for `nearest`.
            window: 1 or more.
            k: 1 to `window`.
            bits: (N, D) int16, the bits of the rows' full embeddings; see `index.half_floats.widen`.
            scoring: how items are scored by their full embeddings.
            full: (D - scoring.first,) float64, what is compared of the query's full embedding; length 1, or zero.

        Returns:
            Rows and scores, rounded to float32; None while there is no machine code, which alone does this at once.
        """
        search = SEARCHES.code().reranked
        if search is None:
            return None
        wanted = min(k, len(self))
        scores, found = np.empty(wanted, np.float64), np.empty(wanted, np.int64)
        among = Among(ALL if allowed is None else allowed, excluded_row)
        count = search(unit, self.arrays, among, window, bits, scoring, full, scores, found)
        return found[:count], scores[:count]

    def at_least(
        self,
        unit: NDArray[np.float32],
        floor: np.float32,
        *,
        allowed: NDArray[np.bool_] | None = None,
        excluded_row: int = -1,
    ) -> NDArray[np.bool_]:
        """Which rows have at least this similarity, compared in float32: (N,) bool by catalogue row.

        Args:
            unit, allowed, excluded_row: as for `nearest`.
            floor: least similarity, -1 to 1.
        """
        marks = np.zeros(len(self), np.bool_)
        among = Among(ALL if allowed is None else allowed, excluded_row)
        SEARCHES.code().mark_at_least(unit, self.arrays, among, np.float32(floor), marks)
        return marks


def _read_only(array: NDArray[_Scalar]) -> NDArray[_Scalar]:
    """A view that is neither np.memmap nor writable: for each of these the kernels would be compiled once more."""
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view

"""Exact search by cosine over all items of a catalogue."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.exact.arguments import Arrays, Scoring
from index.exact.layout import Layout, lay_out
from index.exact.search import ExactSearch
from index.selection import Selection
from index.unit_vectors import unit_query


@dataclass(frozen=True, slots=True)
class NearestRows:
    """The nearest rows by (-similarity, row).

    Attributes:
        rows: (K,) int64 rows of the catalogue.
        similarities: (K,) float64 cosines in [-1, 1], falling.
    """

    rows: NDArray[np.int64]
    similarities: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hits:
    """One page of the items found, most similar first; equal similarities in catalogue order.

    Attributes:
        rows: (K,) int64 rows of the catalogue.
        similarities: (K,) float32 cosines in [-1, 1], falling.
        total: number of items that matched, on all pages.
    """

    rows: NDArray[np.int64]
    similarities: NDArray[np.float32]
    total: int


class Gallery:
    """The reduced embeddings of all items, ready to be searched.

    Args:
        layout: see `index.exact.layout`.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._exact = ExactSearch(layout)

    @classmethod
    def of(cls, vectors: NDArray[np.float32]) -> Self:
        """Make a gallery of vectors.

        Args:
            vectors: (N, C) float32 in catalogue order. Each row has length 1, or is zero and then has similarity 0 to
                everything.

        Raises:
            ValueError: the shape, the dtype or a length is wrong.
        """
        return cls(lay_out(vectors))

    def __len__(self) -> int:
        return len(self._exact)

    @property
    def components(self) -> int:
        """Dimensions of a reduced embedding, C."""
        return self._exact.components

    def reduced(self, row: int) -> NDArray[np.float32]:
        """The unit vector of an item, (C,) float32; zeros for an item without a direction.

        Raises:
            IndexError: there is no such row.
        """
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of a gallery of {len(self)} items")
        return self._exact.vector(row)

    def vectors(self, rows: NDArray[np.integer] | None = None) -> NDArray[np.float32]:
        """The unit vectors of some rows, or of all in catalogue order: (M, C) float32, a copy."""
        if rows is not None:
            return self._exact.vectors(rows)
        ordered = np.empty((len(self), self.components), np.float32)
        ordered[self._layout.rows] = self._layout.vectors
        return ordered

    def search(
        self,
        query: NDArray[np.float32],
        *,
        limit: int,
        offset: int = 0,
        among: Selection | None = None,
        min_similarity: float | None = None,
        exclude_row: int | None = None,
    ) -> Hits:
        """The items most similar to a query, exactly.

        Similarities are float64 dot products of the float32 query and the stored float32 rows. They are ranked in
        float64 and rounded to float32 once, at the end. So the result depends neither on a BLAS nor on threads, and
        equal pictures always have equal similarities.

        Args:
            query: (C,) reduced embedding of any length; zero has similarity 0 to everything.
            limit: maximum number of hits, 1 or more.
            offset: number of best hits to skip.
            among: items that may be hits; None allows all.
            min_similarity: leave out items below it, compared in float32.
            exclude_row: an item that must not be a hit.

        Raises:
            ValueError: the query is not C finite numbers, or another argument is out of range.
        """
        self.check(limit, offset, among, min_similarity, exclude_row)
        nearest = self.nearest(query, offset + limit, among=among, exclude_row=exclude_row)
        rows, similarities = nearest.rows, nearest.similarities.astype(np.float32)
        total = self.count(among, exclude_row)
        if min_similarity is not None:
            # Compared in float32, as the similarities are.
            kept = int(np.count_nonzero(similarities >= np.float32(min_similarity)))
            if kept == rows.size < total:
                total = self.at_least(query, min_similarity, among=among, exclude_row=exclude_row).count
            else:
                total = kept
            rows, similarities = rows[:kept], similarities[:kept]
        return Hits(rows[offset:], similarities[offset:], total)

    def nearest(
        self,
        query: NDArray[np.float32],
        k: int,
        *,
        among: Selection | None = None,
        exclude_row: int | None = None,
    ) -> NearestRows:
        """The k best hits, with similarities in float64 as they are ranked; other arguments as for `search`.

        Raises:
            ValueError: the query is not C finite numbers, or another argument is out of range.
        """
        self.check(k, 0, among, None, exclude_row)
        unit = self.unit(query)
        if among is not None and among.few:
            rows, similarities = self._exact.nearest_of(unit, k, _rows(among, exclude_row))
            return NearestRows(rows, similarities)
        rows, similarities = self._exact.nearest(
            unit,
            k,
            allowed=None if among is None else among.as_mask(),
            excluded_row=-1 if exclude_row is None else exclude_row,
        )
        return NearestRows(rows, similarities)

    def reranked(
        self,
        query: NDArray[np.float32],
        window: int,
        k: int,
        bits: NDArray[np.int16],
        scoring: Scoring,
        full: NDArray[np.float64],
        *,
        among: Selection | None = None,
        exclude_row: int | None = None,
    ) -> NearestRows | None:
        """The k best of the `window` nearest, by their scores; other arguments as for `search`.

        Args:
            query: as for `search`.
            window: 1 or more.
            k: 1 to `window`.
            bits, scoring, full: see `index.exact.search.ExactSearch.reranked`.

        Returns:
            None if this cannot be done at once: then `nearest` and the scores of what it finds are the way.

        Raises:
            ValueError: the query is not C finite numbers, or another argument is out of range.
        """
        self.check(k, 0, among, None, exclude_row)
        if among is not None and among.few:
            return None
        found = self._exact.reranked(
            self.unit(query),
            window,
            k,
            bits,
            scoring,
            full,
            allowed=None if among is None else among.as_mask(),
            excluded_row=-1 if exclude_row is None else exclude_row,
        )
        return None if found is None else NearestRows(*found)

    def at_least(
        self,
        query: NDArray[np.float32],
        similarity: float,
        *,
        among: Selection | None = None,
        exclude_row: int | None = None,
    ) -> Selection:
        """All hits of at least this similarity, compared in float32; other arguments as for `search`.

        Raises:
            ValueError: the query is not C finite numbers, or another argument is out of range.
        """
        self.check(1, 0, among, similarity, exclude_row)
        unit, floor = self.unit(query), np.float32(similarity)
        if among is not None and among.few:
            rows = _rows(among, exclude_row)
            found, similarities = self._exact.nearest_of(unit, max(1, rows.size), rows)
            return Selection(len(self), rows=np.sort(found[similarities.astype(np.float32) >= floor]))
        return Selection.where(
            self._exact.at_least(
                unit,
                floor,
                allowed=None if among is None else among.as_mask(),
                excluded_row=-1 if exclude_row is None else exclude_row,
            )
        )

    def count(self, among: Selection | None, exclude_row: int | None) -> int:
        """The number of items that may be hits; arguments as for `search`."""
        if among is None:
            return len(self) - (exclude_row is not None)
        if exclude_row is None:
            return among.count
        if among.mask is not None:
            return among.count - bool(among.mask[exclude_row])
        return _rows(among, exclude_row).size

    def check(
        self,
        limit: int,
        offset: int,
        among: Selection | None,
        min_similarity: float | None,
        exclude_row: int | None,
    ) -> None:
        """Refuse arguments that `search` would refuse.

        Raises:
            ValueError: one of them is out of range.
        """
        if limit < 1 or offset < 0:
            raise ValueError(f"limit must be 1 or more and offset 0 or more, got {limit} and {offset}")
        if among is not None and among.items != len(self):
            raise ValueError(f"among is of {among.items} items, the gallery has {len(self)}")
        if min_similarity is not None and not np.isfinite(min_similarity):
            raise ValueError(f"min_similarity must be a finite number, got {min_similarity}")
        if exclude_row is not None and not 0 <= exclude_row < len(self):
            raise ValueError(f"exclude_row {exclude_row} of a gallery of {len(self)} items")

    @property
    def arrays(self) -> Arrays:
        """What the compiled searches read."""
        return self._exact.arrays

    def unit(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """See `index.unit_vectors.unit_query`."""
        return unit_query(query, self.components)


def _rows(among: Selection, exclude_row: int | None) -> NDArray[np.int64]:
    return among.as_rows() if exclude_row is None else among.without(exclude_row).as_rows()

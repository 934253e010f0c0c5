"""Items in memory by row: their embeddings and attributes, and the candidates that pass conditions."""

from copy import copy

import numpy as np
from numpy.typing import NDArray

from index.attributes import AttributeTable
from index.full_cosines import compared, full_cosines
from index.gallery import Gallery
from index.live_rows import LiveRows
from index.part import QueryVectors, Reranked
from index.row_candidates import RowCandidates
from index.scoring import WHOLE, Scoring, scores
from index.selection import Selection


def _read_only(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """A view that is not writable, as of a mapped file: for another the kernels would be compiled once more."""
    view = np.asarray(numbers).view()
    view.flags.writeable = False
    return view


_ROWS = _read_only(np.empty(0, np.int64))


class EmbeddedRows:
    """The embeddings and attributes of some items, and the mapping between their rows and numbers.

    Code that has rows rather than conditions, such as an evaluation that leaves out siblings, takes candidates from
    here and ranks them with `index.ranking.Ranking`. Other code uses a `Searcher`.

    Args:
        gallery: the reduced embeddings, N items.
        full: (N, D) float16, C-contiguous. Each row has a length near 1, or is zero and then has similarity 0 to
            everything. May be memory-mapped; is never written to.
        attributes: of the same items.
        numbers: (N,) int64, rising, the number of each row's item; None: the row itself.
        scoring: how items are scored by their full embeddings.

    Attributes:
        gallery, full, attributes, scoring: these.
        bits: (N, D) int16, those of `full`.
        live: the rows whose items may be found; None: all.

    Raises:
        ValueError: a shape, dtype or memory order is wrong.
    """

    def __init__(
        self,
        gallery: Gallery,
        full: NDArray[np.float16],
        attributes: AttributeTable,
        numbers: NDArray[np.int64] | None = None,
        *,
        scoring: Scoring = WHOLE,
    ) -> None:
        if full.ndim != 2 or full.shape[0] != len(gallery) or full.dtype != np.float16:
            raise ValueError(f"full must be float16 ({len(gallery)}, D), not {full.dtype} {full.shape}")
        if not full.flags.c_contiguous:
            raise ValueError("full must be C-contiguous: np.ascontiguousarray makes it so")
        if len(attributes) != len(gallery):
            raise ValueError(f"attributes are of {len(attributes)} items, the gallery has {len(gallery)}")
        if numbers is not None and (numbers.shape != (len(gallery),) or bool((np.diff(numbers) <= 0).any())):
            raise ValueError(f"numbers must be ({len(gallery)},) and rise")
        self.gallery = gallery
        # A plain view avoids np.memmap's slow indexing; processes still share the pages.
        self.full = np.asarray(full)
        self.bits = self.full.view(np.int16)
        self.attributes = attributes
        self._numbers = None if numbers is None else _read_only(numbers)
        self.scoring = scoring
        self.live: LiveRows | None = None

    def __len__(self) -> int:
        return len(self.gallery)

    def hiding(self, rows: NDArray[np.int64]) -> "EmbeddedRows":
        """The same items without some of them, which are never found; shares all arrays and copies a mask."""
        left = copy(self)
        left.live = (self.live or LiveRows.all_of(self.attributes)).hiding(rows)
        return left

    def described_by(self, attributes: AttributeTable) -> "EmbeddedRows":
        """The same items with another table of their attributes."""
        other = copy(self)
        other.attributes = attributes
        other.live = None if self.live is None else self.live.of(attributes)
        return other

    def candidates(self, selection: Selection | None = None, *, exclude_row: int | None = None) -> RowCandidates:
        """The items that may be found.

        Args:
            selection: the items, of which hidden ones are left out; None for all.
            exclude_row: a row that may not be found.

        Raises:
            ValueError: the selection is for another number of items, or there is no such row.
        """
        self.gallery.check(1, 0, selection, None, exclude_row)
        if self.live is not None:
            selection = self.live.selection if selection is None else selection.within(self.live.selection)
        return RowCandidates(self, selection, exclude_row)

    def vectors(self, row: int) -> QueryVectors:
        """The embeddings by which an item is compared with others.

        Raises:
            IndexError: there is no such row.
        """
        return QueryVectors(self.gallery.reduced(row), self.full[row].astype(np.float32))

    def numbers_of(self, rows: NDArray[np.integer]) -> NDArray[np.int64]:
        """The numbers of the items in some rows."""
        numbers: NDArray[np.int64] = rows.astype(np.int64, copy=False) if self._numbers is None else self._numbers[rows]
        return numbers

    @property
    def live_rows(self) -> NDArray[np.int64]:
        """The rows whose items may be found, rising."""
        return np.arange(len(self)) if self.live is None else self.live.rows()

    @property
    def given_numbers(self) -> NDArray[np.int64]:
        """The number of each row's item, (N,) int64; empty if that is the row."""
        return _ROWS if self._numbers is None else self._numbers

    def rows_of(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of some items, all of which must be among these."""
        return numbers if self._numbers is None else np.searchsorted(self._numbers, numbers)

    def number_of(self, row: int) -> int:
        """The number of the item in a row."""
        return row if self._numbers is None else int(self._numbers[row])

    def row_of(self, number: int) -> int | None:
        """The row of an item, or None if it is not among these."""
        if self._numbers is None:
            row = number if 0 <= number < len(self) else len(self)
        else:
            row = int(np.searchsorted(self._numbers, number))
            if row < len(self) and self._numbers[row] != number:
                row = len(self)
        return row if row < len(self) and self.is_live(row) else None

    def is_live(self, row: int) -> bool:
        """Whether the item in a row may be found."""
        return self.live is None or bool(self.live.selection.as_mask()[row])

    def holds(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each item is among these, (K,) bool."""
        held: NDArray[np.bool_]
        if self._numbers is None:
            # np.clip takes longer than all the rest.
            places = np.minimum(np.maximum(numbers, 0), len(self) - 1)
            held = places == numbers
        else:
            places = np.minimum(np.searchsorted(self._numbers, numbers), len(self) - 1)
            held = self._numbers[places] == numbers
        return held if self.live is None else held & self.live.selection.as_mask()[places]

    def cosines(self, rows: NDArray[np.int64], full: NDArray[np.float32]) -> NDArray[np.float64]:
        """Cosines of what is compared of some rows' full embeddings, (K,) float64.

        Each row has a separate dot product, so its cosine does not depend on the other rows.

        Raises:
            ValueError: `full` has another shape or is not finite.
        """
        return full_cosines(self.bits, rows, self.scoring, self.compared(full))

    def scores(
        self, rows: NDArray[np.int64], similarities: NDArray[np.float64], full: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """Scores of some rows; see `index.part.Candidates.scores`."""
        return scores(similarities, self.cosines(rows, full), self.scoring)

    def reranked(
        self, vectors: QueryVectors, window: int, k: int, *, selection: Selection | None, exclude_row: int | None
    ) -> Reranked | None:
        """See `index.part.Candidates.reranked`; the candidates are given as for `candidates`."""
        if vectors.full is None:
            return None
        found = self.gallery.reranked(
            vectors.reduced,
            window,
            k,
            self.bits,
            self.scoring,
            self.compared(vectors.full),
            among=selection,
            exclude_row=exclude_row,
        )
        if found is None:
            return None
        return Reranked(self.numbers_of(found.rows), found.similarities.astype(np.float32))

    def compared(self, full: NDArray[np.float32]) -> NDArray[np.float64]:
        """What is compared of a query's full embedding, (D - scoring.first,) float64 of length 1, or zero.

        Raises:
            ValueError: it has another shape or is not finite.
        """
        return compared(full, self.full.shape[1], self.scoring)

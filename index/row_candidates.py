"""The items of some rows that pass conditions."""

from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from index.grouping import ALONE, present_groups
from index.part import GroupsFound, Nearest, QueryVectors, Reranked
from index.selection import Selection

if TYPE_CHECKING:
    from index.embedded_rows import EmbeddedRows


class RowCandidates:
    """See `index.part.Candidates`.

    Args:
        items: all items.
        selection: the candidates; None for all.
        exclude_row: a row that is not a candidate, even if it is selected.

    Attributes:
        items, selection, exclude_row: these.
    """

    def __init__(self, items: "EmbeddedRows", selection: Selection | None, exclude_row: int | None) -> None:
        self.items = items
        self.selection = selection
        self.exclude_row = exclude_row

    @property
    def count(self) -> int:
        """Number of candidates."""
        return self.items.gallery.count(self.selection, self.exclude_row)

    def nearest(self, reduced: NDArray[np.float32], k: int) -> Nearest:
        """See `Candidates`."""
        found = self.items.gallery.nearest(reduced, k, among=self.selection, exclude_row=self.exclude_row)
        return Nearest(self.items.numbers_of(found.rows), found.similarities)

    def reranked(self, vectors: QueryVectors, window: int, k: int) -> Reranked | None:
        """See `Candidates`."""
        return self.items.reranked(vectors, window, k, selection=self.selection, exclude_row=self.exclude_row)

    def scores(
        self, numbers: NDArray[np.int64], similarities: NDArray[np.float64], full: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """See `Candidates`."""
        return self.items.scores(self.items.rows_of(numbers), similarities, full)

    def at_least(self, reduced: NDArray[np.float32], similarity: float, also: NDArray[np.int64]) -> "RowCandidates":
        """See `Candidates`."""
        reached = self.items.gallery.at_least(
            reduced, similarity, among=self.selection, exclude_row=self.exclude_row
        ).as_mask()
        reached[self.items.rows_of(also)] = True
        return RowCandidates(self.items, Selection.where(reached), None)

    def only(self, numbers: NDArray[np.int64]) -> "RowCandidates":
        """See `Candidates`."""
        rows = np.sort(self.items.rows_of(numbers))
        return RowCandidates(self.items, Selection(len(self.items), rows=rows), None)

    def count_values(self, field: str, most: int | None = None, also: Collection[str] = ()) -> dict[str, int]:
        """See `Candidates`."""
        selected, live = self._selected, self.items.live
        if live is not None and selected is live.selection and field in self.items.attributes.columns:
            return self.items.attributes.most_frequent(field, live.tallies(field), most, also)
        return self.items.attributes.count_values(field, selected, most, also)

    def groups(self, field: str, numbers: NDArray[np.int64]) -> NDArray[np.int32]:
        """See `Candidates`."""
        return self.items.attributes.codes(field)[self.items.rows_of(numbers)]

    def values(self, field: str, numbers: NDArray[np.int64]) -> list[str | None]:
        """See `Candidates`."""
        texts = self._texts(field)
        return [None if code == ALONE else texts[code] for code in self.groups(field, numbers).tolist()]

    def count_groups(self, field: str, without: Collection[str] = ()) -> int:
        """See `Candidates`."""
        present, alone = present_groups(self._codes(field))
        if without:
            column = self.items.attributes.columns.get(field)
            # Exactly: a value that is stored in another form is a group of its own.
            codes = [] if column is None else [code for value in without if (code := column.code(value)) is not None]
            uncounted = np.count_nonzero(np.isin(present, codes))
            return int(present.size - uncounted) + alone
        return present.size + alone

    def group_values(self, field: str) -> GroupsFound:
        """See `Candidates`."""
        texts = self._texts(field)
        present, alone = present_groups(self._codes(field))
        return GroupsFound([texts[code] for code in present.tolist()], alone)

    def page(self, offset: int, limit: int) -> NDArray[np.int64]:
        """See `Candidates`."""
        selected = self._selected
        if selected is None:
            return self.items.numbers_of(np.arange(offset, min(offset + limit, len(self.items))))
        return self.items.numbers_of(selected.as_rows()[offset : offset + limit])

    def numbers(self) -> NDArray[np.int64]:
        """See `Candidates`."""
        return self.page(0, len(self.items))

    def mask(self) -> NDArray[np.bool_]:
        """See `Candidates`."""
        mask = (self._selected or Selection.all_of(len(self.items))).as_mask()
        return mask if self.items.live is None else mask[self.items.live.selection.as_mask()]

    @property
    def _selected(self) -> Selection | None:
        """The rows that are selected and not excluded; None for all."""
        if self.exclude_row is None:
            return self.selection
        return self._all_but_excluded

    @cached_property
    def _all_but_excluded(self) -> Selection | None:
        selection = self.selection or Selection.all_of(len(self.items))
        return selection if self.exclude_row is None else selection.without(self.exclude_row)

    def _codes(self, field: str) -> NDArray[np.int32]:
        codes, selected = self.items.attributes.codes(field), self._selected
        if selected is None:
            return codes
        return codes[selected.as_rows() if selected.few else selected.as_mask()]

    def _texts(self, field: str) -> list[str]:
        column = self.items.attributes.columns.get(field)
        return [] if column is None else column.values

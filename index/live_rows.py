"""Which rows of a table still count, after some were replaced or deleted."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from index.attributes import MISSING, AttributeTable
from index.selection import Selection

_ROWS_AT_ONCE = 4_096


class LiveRows:
    """Rows that count, and what follows from them for each column; never changed once made.

    Args:
        attributes: of all N rows.
        selection: the rows that count, with a mask.
        firsts: by field, the first row that counts and has a value; fields of which there is none are left out. None:
            they are looked for.
    """

    def __init__(
        self, attributes: AttributeTable, selection: Selection, firsts: Mapping[str, int] | None = None
    ) -> None:
        self._attributes = attributes
        self.selection = selection
        self.firsts = self._found(dict.fromkeys(attributes.columns, 0)) if firsts is None else firsts
        self._tallies: dict[str, NDArray[np.int64]] = {}

    @classmethod
    def all_of(cls, attributes: AttributeTable) -> "LiveRows":
        """All rows."""
        return cls(attributes, Selection.all_of(len(attributes)))

    def hiding(self, rows: NDArray[np.int64]) -> "LiveRows":
        """Those that are left without some rows; copies a mask, and looks for a column's first row only if it went."""
        mask = self.selection.as_mask().copy()
        mask[rows] = False
        hidden = set(rows.tolist())
        moved = {field: row for field, row in self.firsts.items() if row in hidden}
        left = LiveRows(self._attributes, Selection.where(mask), self.firsts)
        if moved:
            found = left._found(moved)
            left.firsts = {
                field: found.get(field, row)
                for field, row in self.firsts.items()
                if field not in moved or field in found
            }
        return left

    def of(self, attributes: AttributeTable) -> "LiveRows":
        """The same rows of another table of them."""
        return LiveRows(attributes, self.selection)

    def tallies(self, field: str) -> NDArray[np.int64]:
        """Number of rows that count with each value of a column, (values,) int64; computed on first use."""
        known = self._tallies.get(field)
        if known is None:
            codes = self._attributes.codes(field)[self.selection.as_mask()]
            values = len(self._attributes.columns[field].values)
            # Shifted by one, so that rows without a value are counted, and dropped, in the same pass.
            known = self._tallies[field] = np.bincount(codes + 1, minlength=values + 1)[1:]
        return known

    def rows(self) -> NDArray[np.int64]:
        """The rows that count, rising."""
        return self.selection.as_rows()

    def _found(self, starts: Mapping[str, int]) -> dict[str, int]:
        """For each field the first row that counts and has a value, from some row on."""
        mask = self.selection.as_mask()
        found = {}
        for field, begin in starts.items():
            codes = self._attributes.codes(field)
            for start in range(begin, len(mask), _ROWS_AT_ONCE):
                part = slice(start, start + _ROWS_AT_ONCE)
                has_value = mask[part] & (codes[part] != MISSING)
                first = int(has_value.argmax())
                if has_value[first]:
                    found[field] = start + first
                    break
        return found

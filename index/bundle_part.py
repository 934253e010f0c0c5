"""The part of a catalogue that is in a bundle."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from index.columns.column import ColumnKind
from index.columns.fields import FieldTest
from index.embedded_rows import EmbeddedRows, RowCandidates
from index.items import ItemTable
from index.part import QueryVectors
from index.query import ColumnDescription, ItemRecord
from index.selection import Selection


class BundlePart:
    """See `index.part.Part`.

    Args:
        rows: embeddings and attributes.
        items: of the same rows.

    Raises:
        ValueError: the numbers of rows and items differ.
    """

    def __init__(self, rows: EmbeddedRows, items: ItemTable) -> None:
        if len(rows) != len(items):
            raise ValueError(f"there are {len(items)} items, but embeddings of {len(rows)}")
        self._rows = rows
        self._items = items
        self._columns = rows.attributes.columns
        self._kinds = {name: column.kind for name, column in self._columns.items()}

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """See `Part`."""
        return self._kinds

    def first_number(self, field: str) -> int:
        """See `Part`."""
        row = np.argmax(self._rows.attributes.codes(field) >= 0)
        return int(self._rows.numbers_of(np.array([row]))[0])

    def describe(self) -> Sequence[ColumnDescription]:
        """See `Part`."""
        return [column.kind.describe(column, len(self)) for column in self._columns.values()]

    def find_values(self, field: str, prefix: str, most: int | None = None) -> dict[str, int]:
        """See `Part`."""
        return self._rows.attributes.find_values(field, prefix, most)

    def has_value(self, field: str, value: str) -> bool:
        """See `Part`."""
        return self._rows.attributes.has_value(field, value)

    def not_a_number(self, field: str) -> str | None:
        """See `Part`."""
        return self._rows.attributes.not_a_number(field)

    def candidates(
        self, needed: Sequence[FieldTest], unwanted: Sequence[FieldTest], excluded: int | None = None
    ) -> RowCandidates:
        """See `Part`."""
        return self._rows.candidates(
            self._rows.attributes.select(needed, unwanted),
            exclude_row=None if excluded is None else self._rows.row_of(excluded),
        )

    def number(self, item_id: str) -> int | None:
        """See `Part`."""
        row = self._items.row(item_id)
        return None if row is None else self._rows.number_of(row)

    def holds(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """See `Part`."""
        return self._rows.holds(numbers)

    def numbers_at(self, positions: NDArray[np.integer]) -> NDArray[np.int64]:
        """See `Part`."""
        return self._rows.numbers_of(positions)

    def vectors(self, number: int) -> QueryVectors:
        """See `Part`."""
        return self._rows.vectors(self._row(number))

    def listed(self, numbers: NDArray[np.int64]) -> list[tuple[str, bytes]]:
        """See `Part`."""
        return self._items.listed(self._rows.rows_of(numbers))

    def record(self, number: int) -> ItemRecord:
        """See `Part`."""
        return self._items.record(self._row(number))

    def warm_up(self) -> None:
        """Make each kind of search once, which compiles its code or loads it from the cache."""
        vectors = self._rows.vectors(0)
        everything = self._rows.candidates()
        everything.nearest(vectors.reduced, 1)
        self._rows.candidates(Selection(len(self), rows=np.zeros(1, np.int64))).nearest(vectors.reduced, 1)
        everything.at_least(vectors.reduced, 1.0, np.empty(0, np.int64))
        if vectors.full is not None:
            everything.scores(np.zeros(1, np.int64), np.zeros(1), vectors.full)
        for column in self._columns.values():
            _ = column.rising if column.kind.ordered else column.named
            _ = column.other_forms

    def _row(self, number: int) -> int:
        row = self._rows.row_of(number)
        if row is None:
            raise IndexError(f"no item of this part has the number {number}")
        return row

"""The part of a catalogue that is in a bundle."""

import bisect
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

import numpy as np
import orjson
from numpy.typing import NDArray

from index.attributes import AttributeTable
from index.columns.column import Column, ColumnKind
from index.columns.fields import FieldTest
from index.embedded_rows import EmbeddedRows
from index.items import ItemTable
from index.live_rows import LiveRows
from index.part import QueryVectors
from index.query import ColumnDescription, ItemRecord
from index.row_candidates import RowCandidates
from index.selection import Selection


class BundlePart:
    """See `index.base_part.BasePart`.

    Args:
        rows: embeddings and attributes.
        items: of the same rows.

    Attributes:
        rows, items: these.

    Raises:
        ValueError: the numbers of rows and items differ.
    """

    def __init__(self, rows: EmbeddedRows, items: ItemTable) -> None:
        if len(rows) != len(items):
            raise ValueError(f"there are {len(items)} items, but embeddings of {len(rows)}")
        self.rows = rows
        self.items = items
        self._columns = rows.attributes.columns
        self._live = rows.live

    @property
    def remote(self) -> bool:
        """See `Part`."""
        return False

    @cached_property
    def columns(self) -> Mapping[str, ColumnKind]:
        """See `index.base_part.BasePart`."""
        return {name: column.kind for name, column in self._columns.items()}

    def without(self, numbers: NDArray[np.int64]) -> "BundlePart":
        """See `index.base_part.BasePart`."""
        return self.hiding(self.rows.rows_of(numbers)) if numbers.size else self

    def hiding(self, rows: NDArray[np.int64]) -> "BundlePart":
        """The part without the items in some rows."""
        return BundlePart(self.rows.hiding(rows), self.items)

    def described_by(self, attributes: AttributeTable) -> "BundlePart":
        """The part with another table of the attributes of all its rows."""
        return BundlePart(self.rows.described_by(attributes), self.items)

    def __len__(self) -> int:
        return len(self.rows) if self._live is None else self._live.selection.count

    @cached_property
    def kinds(self) -> Mapping[str, ColumnKind]:
        """See `Part`."""
        if self._live is None:
            return {name: column.kind for name, column in self._columns.items() if column.values}
        places = self.first_places()
        return {name: self._columns[name].kind for name in sorted(places, key=places.__getitem__)}

    def tallies(self, field: str) -> NDArray[np.int64]:
        """Number of items with each value of a column of `rows`."""
        return self._columns[field].tallies if self._live is None else self._live.tallies(field)

    def first_places(self) -> Mapping[str, tuple[int, int]]:
        """See `Part`."""
        firsts = (self._live or LiveRows.all_of(self.rows.attributes)).firsts
        orders = {
            row: {name: place for place, name in enumerate(orjson.loads(self.items.attributes_json(row)))}
            for row in set(firsts.values())
        }
        return {name: (self.rows.number_of(row), orders[row].get(name, 0)) for name, row in firsts.items()}

    def describe(self) -> Sequence[ColumnDescription]:
        """See `Part`."""
        return [column.kind.describe(column, len(self)) for column in map(self._column, self.kinds)]

    def find_values(
        self, field: str, prefix: str, most: int | None = None, also: Collection[str] = ()
    ) -> dict[str, int]:
        """See `Part`."""
        counts = None if self._live is None or field not in self._columns else self._live.tallies(field)
        return self.rows.attributes.find_values(field, prefix, most, also, counts)

    def has_value(self, field: str, value: str) -> bool:
        """See `Part`."""
        if self._live is None or field not in self._columns:
            return self.rows.attributes.has_value(field, value)
        column = self._columns[field]
        named = bisect.bisect_left(column.named, value)
        tally = column.tally(self._live.tallies(field))
        return named < tally.size and column.named[named] == value and bool(tally[named])

    def not_a_number(self, field: str) -> str | None:
        """See `Part`."""
        return self._column(field).not_a_number if field in self._columns else None

    def candidates(
        self, needed: Sequence[FieldTest], unwanted: Sequence[FieldTest], excluded: int | None = None
    ) -> RowCandidates:
        """See `Part`."""
        return self.rows.candidates(
            self.rows.attributes.select(needed, unwanted),
            exclude_row=None if excluded is None else self.rows.row_of(excluded),
        )

    def number(self, item_id: str) -> int | None:
        """See `Part`."""
        row = self.items.row(item_id)
        return self.rows.number_of(row) if row is not None and self.rows.is_live(row) else None

    def numbers_of(self, item_ids: Sequence[str]) -> list[int | None]:
        """See `Part`."""
        return [self.number(item_id) for item_id in item_ids]

    def holds(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """See `Part`."""
        return self.rows.holds(numbers)

    def numbers_at(self, positions: NDArray[np.integer]) -> NDArray[np.int64]:
        """See `Part`."""
        return self.rows.numbers_of(positions if self._live is None else self._live.rows()[positions])

    def vectors(self, number: int) -> QueryVectors:
        """See `Part`."""
        return self.rows.vectors(self._row(number))

    def listed(self, numbers: NDArray[np.int64]) -> list[tuple[str, bytes]]:
        """See `Part`."""
        return self.items.listed(self.rows.rows_of(numbers))

    def record(self, number: int) -> ItemRecord:
        """See `Part`."""
        return self.items.record(self._row(number))

    def warm_up(self) -> None:
        """Make each kind of search once, which compiles its code or loads it from the cache."""
        vectors = self.rows.vectors(0)
        everything = self.rows.candidates()
        everything.nearest(vectors.reduced, 1)
        self.rows.candidates(Selection(len(self.rows), rows=np.zeros(1, np.int64))).nearest(vectors.reduced, 1)
        everything.at_least(vectors.reduced, 1.0, np.empty(0, np.int64))
        if vectors.full is not None:
            everything.scores(np.zeros(1, np.int64), np.zeros(1), vectors.full)
        for column in self._columns.values():
            _ = column.rising if column.kind.ordered else column.named
            _ = column.other_forms

    def _column(self, field: str) -> Column:
        column = self._columns[field]
        return column if self._live is None else column.counted(self._live.tallies(field))

    def _row(self, number: int) -> int:
        row = self.rows.row_of(number)
        if row is None:
            raise IndexError(f"no item of this part has the number {number}")
        return row

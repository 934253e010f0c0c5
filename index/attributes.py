"""The attributes of all items as columns of codes; filters over them and counts of them."""

import bisect
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.columns.column import Column
from index.columns.fields import FieldTest
from index.columns.prefix_search import beginning_with
from index.grouping import ALONE
from index.selection import FEW, Selection

MISSING = ALONE
"""The code of an item without a value; such an item is in no group."""


@dataclass(frozen=True, slots=True)
class _Accepted:
    """A test of one attribute, evaluated for each value of its column.

    Attributes:
        column: of the attribute.
        accepted: (values + 1,) bool; the last element is for items without a value.
    """

    column: Column
    accepted: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """How many items have one of the accepted values."""
        return int(self.column.tallies[self.accepted[:-1]].sum())


class AttributeTable:
    """The value of each attribute for each item.

    A field without a column is treated as one that no item has a value of. Whether a field exists is decided by
    `index.columns.fields`, which may know the columns of other tables too.

    Args:
        columns: at most one per attribute, in the order of the rows of `codes`.
        codes: (columns, N) int32, positions among the column's values; -1 if an item has none.
        postings: (columns, N) int32, for each column all rows sorted by (code, row).

    Raises:
        ValueError: a shape or dtype is wrong, a code is out of range, or counts are wrong.
    """

    def __init__(self, columns: Sequence[Column], codes: NDArray[np.int32], postings: NDArray[np.int32]) -> None:
        for name, array in (("codes", codes), ("postings", postings)):
            if array.ndim != 2 or array.shape[0] != len(columns) or array.dtype != np.int32:
                raise ValueError(f"{name} must be int32 ({len(columns)}, N), not {array.dtype} {array.shape}")
        if codes.shape != postings.shape:
            raise ValueError(f"codes and postings must have one shape, not {codes.shape} and {postings.shape}")
        for column, row, sorted_rows in zip(columns, codes, postings, strict=True):
            if row.size and not (row.min() >= MISSING and row.max() < len(column.values)):
                raise ValueError(f"a code of attribute {column.name!r} points at no value")
            if sum(column.counts) > row.size or (
                row.size and not 0 <= sorted_rows.min() <= sorted_rows.max() < row.size
            ):
                raise ValueError(f"the counts or postings of attribute {column.name!r} do not fit the items")
        self.columns: dict[str, Column] = {column.name: column for column in columns}
        if len(self.columns) != len(columns):
            raise ValueError("two attributes have the same name")
        self._codes = {column.name: np.asarray(row) for column, row in zip(columns, codes, strict=True)}
        self._postings = {column.name: np.asarray(row) for column, row in zip(columns, postings, strict=True)}
        self._items = codes.shape[1]

    @classmethod
    def empty(cls, items: int) -> Self:
        """A table of `items` items without attributes."""
        nothing = np.empty((0, items), np.int32)
        return cls([], nothing, nothing)

    def __len__(self) -> int:
        return int(self._items)

    def codes(self, field: str) -> NDArray[np.int32]:
        """The codes of one attribute, (N,) int32; -1 if an item has no value."""
        codes = self._codes.get(field)
        return np.full(self._items, MISSING, np.int32) if codes is None else codes

    def select(self, needed: Sequence[FieldTest], unwanted: Sequence[FieldTest]) -> Selection | None:
        """The items for which all tests of `needed` hold and none of `unwanted` does.

        An item without a value of a field fails the needed tests of it and passes the unwanted ones. If few items pass
        the rarest needed test, the cost is proportional to their number; else each test takes a pass over all items.

        Returns:
            The items, or None if there are no tests.
        """
        if not needed and not unwanted:
            return None
        if any(test.field not in self.columns for test in needed):
            return Selection(self._items, rows=np.empty(0, np.int64))
        required = self._by_column(needed, np.logical_and)
        refused = self._by_column(unwanted, np.logical_or)
        rarest = min(required, key=lambda test: test.count, default=None)
        if rarest is not None and rarest.count < FEW * self._items:
            rows = self._rows_of(rarest)
            for test in required:
                if test is not rarest:
                    rows = rows[self._holds(test, rows)]
            for test in refused:
                rows = rows[~self._holds(test, rows)]
            return Selection(self._items, rows=rows)
        mask = np.ones(self._items, np.bool_)
        for test in required:
            mask &= self._holds(test, slice(None))
        for test in refused:
            mask &= ~self._holds(test, slice(None))
        return Selection(self._items, mask=mask)

    def count_values(
        self, field: str, selected: Selection | None, most: int | None = None, also: Collection[str] = ()
    ) -> dict[str, int]:
        """The number of selected items for each value of an attribute, most frequent first, without zero counts.

        Args:
            field: name of the attribute.
            selected: items to count; None for all.
            most: maximum number of values; None for all.
            also: values that are counted too if they are not among those; they follow in any order.
        """
        column = self.columns.get(field)
        if column is None:
            return {}
        if selected is None:
            counts = column.tallies
        else:
            codes = self._codes[field][selected.as_rows() if selected.few else selected.as_mask()]
            counts = np.bincount(codes[codes != MISSING], minlength=len(column.values))
        return self.most_frequent(field, counts, most, also)

    def most_frequent(
        self, field: str, counts: NDArray[np.integer], most: int | None = None, also: Collection[str] = ()
    ) -> dict[str, int]:
        """As `count_values`, of items that are counted already.

        Args:
            field: name of an attribute that has a column.
            counts: (values,) number of items with each value of the column.
            most, also: see `count_values`.
        """
        column = self.columns[field]
        tally = column.tally(counts)
        return _most_frequent(column, tally, np.arange(tally.size), most, also)

    def find_values(
        self,
        field: str,
        prefix: str,
        most: int | None = None,
        also: Collection[str] = (),
        counts: NDArray[np.integer] | None = None,
    ) -> dict[str, int]:
        """The values of an attribute that begin with a text, in any case, and their numbers of items; as above.

        Args:
            field: name of the attribute.
            prefix: the text; empty: all values.
            most, also: see `count_values`; each begins with the text.
            counts: number of items with each value of the column; None: of all items.
        """
        column = self.columns.get(field)
        if column is None:
            return {}
        tally = column.tally(column.tallies if counts is None else counts)
        return _most_frequent(column, tally, beginning_with(column.named, prefix), most, also)

    def has_value(self, field: str, value: str) -> bool:
        """Whether an item has a value; see `index.columns.fields.KnownValues`."""
        column = self.columns.get(field)
        if column is None:
            return False
        place = bisect.bisect_left(column.named, value)
        return place < len(column.named) and column.named[place] == value

    def not_a_number(self, field: str) -> str | None:
        """A value that is no number; see `index.columns.fields.KnownValues`."""
        column = self.columns.get(field)
        return None if column is None else column.not_a_number

    def _by_column(self, tests: Sequence[FieldTest], combined: np.ufunc) -> list[_Accepted]:
        """The tests of each column as one, so that the passes over all items are as many as the columns at most."""
        found: dict[str, _Accepted] = {}
        for test in tests:
            column = self.columns.get(test.field)
            if column is None:
                continue
            accepted = np.zeros(len(column.values) + 1, np.bool_)
            accepted[:-1] = test.test.accepted(column)
            before = found.get(test.field)
            found[test.field] = _Accepted(column, accepted if before is None else combined(before.accepted, accepted))
        return list(found.values())

    def _rows_of(self, test: _Accepted) -> NDArray[np.int64]:
        column, postings = test.column, self._postings[test.column.name]
        missing = self._items - (int(column.ends[-1]) if column.values else 0)
        codes = np.flatnonzero(test.accepted[:-1])
        ends = column.ends[codes] + missing
        parts = [
            postings[end - count : end]
            for end, count in zip(ends.tolist(), column.tallies[codes].tolist(), strict=True)
        ]
        rows = np.concatenate(parts).astype(np.int64) if parts else np.empty(0, np.int64)
        return rows if len(parts) < 2 else np.sort(rows)

    def _holds(self, test: _Accepted, rows: NDArray[np.int64] | slice) -> NDArray[np.bool_]:
        # Code -1, an item without a value, reads the last element, which is False.
        return np.take(test.accepted, self._codes[test.column.name][rows], mode="wrap")


def _most_frequent(
    column: Column, tally: NDArray[np.int64], places: NDArray[np.int64], most: int | None, also: Collection[str]
) -> dict[str, int]:
    """Of the named values at some places the most frequent, and others that are asked for."""
    counts = tally[places]
    # Stable, so that equal counts keep the order of the values.
    order = np.argsort(-counts, kind="stable")[: int(np.count_nonzero(counts))][:most]
    found = {column.named[places[at]]: int(counts[at]) for at in order.tolist()}
    for value in also:
        place = bisect.bisect_left(column.named, value)
        if place < len(column.named) and column.named[place] == value and tally[place]:
            found.setdefault(value, int(tally[place]))
    return found


def sort_by_value(codes: NDArray[np.int32]) -> NDArray[np.int32]:
    """The postings of codes: for each column the rows sorted by (code, row), (columns, N) int32."""
    return np.argsort(codes, axis=1, kind="stable").astype(np.int32)

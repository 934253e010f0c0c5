"""The attributes of all items as columns of codes; filters over them and counts of them."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from contracts.errors import FilterError
from contracts.items import Item
from index.filters import Condition, parse_condition, parse_number, parse_range
from index.selection import FEW, Selection

AttributeKind = Literal["text", "number"]
MISSING = -1
_FIELDS_LISTED = 100


@dataclass(frozen=True)
class AttributeColumn:
    """One attribute over all items.

    Attributes:
        name: the field, as filters name it.
        kind: `number` when every value is a finite decimal number, else `text`.
        values: the different values as in the source, sorted by code point.
        counts: how many items have each value.
    """

    name: str
    kind: AttributeKind
    values: list[str]
    counts: list[int]

    @cached_property
    def tallies(self) -> NDArray[np.int64]:
        """The counts, (values,) int64."""
        return np.array(self.counts, np.int64)

    @cached_property
    def ends(self) -> NDArray[np.int64]:
        """Where each value's rows end in a list of all rows sorted by value, less the rows that have none."""
        return np.cumsum(self.tallies)

    @cached_property
    def numbers(self) -> NDArray[np.float64]:
        """The values as numbers, (values,) float64; NaN where one is none."""
        parsed = (parse_number(value) for value in self.values)
        return np.array([np.nan if number is None else number for number in parsed], np.float64)

    def code(self, value: str) -> int | None:
        """Position of a value, or None when no item has it."""
        position = bisect.bisect_left(self.values, value)
        found = position < len(self.values) and self.values[position] == value
        return position if found else None


@dataclass(frozen=True, slots=True)
class _Test:
    """A condition on one attribute, looked up.

    Attributes:
        column: of the attribute.
        accepted: (values + 1,) bool; the last place is for items that have no value.
    """

    column: AttributeColumn
    accepted: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """How many items have one of the accepted values."""
        return int(self.column.tallies[self.accepted[:-1]].sum())


class AttributeTable:
    """Which item has which value of which attribute.

    Args:
        columns: one or none per attribute, in the order of the rows of `codes`.
        codes: (columns, N) int32: position among the column's values, -1 where an item has none.
        postings: (columns, N) int32: for each column all rows, sorted by their codes, equal ones rising.

    Raises:
        ValueError: shape or type is another, a code points at no value, or counts are wrong.
    """

    def __init__(
        self, columns: Sequence[AttributeColumn], codes: NDArray[np.int32], postings: NDArray[np.int32]
    ) -> None:
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
        self.columns: dict[str, AttributeColumn] = {column.name: column for column in columns}
        if len(self.columns) != len(columns):
            raise ValueError("two attributes have the same name")
        self._codes = {column.name: np.asarray(row) for column, row in zip(columns, codes, strict=True)}
        self._postings = {column.name: np.asarray(row) for column, row in zip(columns, postings, strict=True)}
        self._items = codes.shape[1]

    def __len__(self) -> int:
        return int(self._items)

    def codes(self, field: str) -> NDArray[np.int32]:
        """The codes of one attribute, (N,) int32, -1 where an item has no value.

        Raises:
            FilterError: there is no such attribute.
        """
        self.column(field)
        return self._codes[field]

    def column(self, field: str) -> AttributeColumn:
        """One attribute.

        Raises:
            FilterError: there is no such attribute; lists those that there are.
        """
        column = self.columns.get(field)
        if column is None:
            raise FilterError(f"unknown field {field!r:.100}; {self._known_fields()}")
        return column

    def select(self, filters: Sequence[str], excludes: Sequence[str]) -> Selection | None:
        """Which items pass: every filter holds and no exclusion does.

        An item that lacks a field fails each filter on it and passes each exclusion on it. Costs as much as the
        rarest filter has items where these are few, else a pass over all for each condition.

        Returns:
            The items, or None when there are no conditions.

        Raises:
            FilterError: a condition is malformed or names an unknown field.
        """
        needed = [self._look_up(parse_condition(text)) for text in filters]
        unwanted = [self._look_up(parse_condition(text)) for text in excludes]
        if not needed and not unwanted:
            return None
        rarest = min(needed, key=lambda test: test.count, default=None)
        if rarest is not None and rarest.count < FEW * self._items:
            rows = self._rows_of(rarest)
            for test in needed:
                if test is not rarest:
                    rows = rows[self._holds(test, rows)]
            for test in unwanted:
                rows = rows[~self._holds(test, rows)]
            return Selection(self._items, rows=rows)
        mask = np.ones(self._items, np.bool_)
        for test in needed:
            mask &= self._holds(test, slice(None))
        for test in unwanted:
            mask &= ~self._holds(test, slice(None))
        return Selection(self._items, mask=mask)

    def count_values(self, field: str, selected: Selection | None) -> dict[str, int]:
        """How many of the selected items have each value of an attribute; most frequent first, values of 0 left out.

        Raises:
            FilterError: there is no such attribute.
        """
        column = self.column(field)
        if selected is None:
            counts = column.tallies
        else:
            codes = self._codes[field][selected.as_rows() if selected.few else selected.as_mask()]
            counts = np.bincount(codes[codes != MISSING], minlength=len(column.values))
        # Stable, so that equal counts keep the order of the values.
        order = np.argsort(-counts, kind="stable")[: int(np.count_nonzero(counts))]
        return {column.values[code]: int(counts[code]) for code in order.tolist()}

    def _look_up(self, condition: Condition) -> _Test:
        column = self.column(condition.field)
        accepted = np.zeros(len(column.values) + 1, np.bool_)
        for value in condition.values:
            number_range = parse_range(value) if column.kind == "number" else None
            if number_range is not None:
                accepted[:-1] |= (column.numbers >= number_range.low) & (column.numbers <= number_range.high)
            elif (code := column.code(value)) is not None:
                accepted[code] = True
        return _Test(column, accepted)

    def _rows_of(self, test: _Test) -> NDArray[np.int64]:
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

    def _holds(self, test: _Test, rows: NDArray[np.int64] | slice) -> NDArray[np.bool_]:
        # Code -1, an item without a value, reads the last place, which is False.
        return np.take(test.accepted, self._codes[test.column.name][rows], mode="wrap")

    def _known_fields(self) -> str:
        if not self.columns:
            return "these items have no attributes"
        names = list(self.columns)
        more = f" and {len(names) - _FIELDS_LISTED} more" if len(names) > _FIELDS_LISTED else ""
        return f"the fields are: {', '.join(names[:_FIELDS_LISTED])}{more}"


def sort_by_value(codes: NDArray[np.int32]) -> NDArray[np.int32]:
    """The postings of codes: for each of their rows the positions sorted by code, (columns, N) int32."""
    return np.argsort(codes, axis=1, kind="stable").astype(np.int32)


def tabulate_attributes(items: Sequence[Item]) -> tuple[list[AttributeColumn], NDArray[np.int32]]:
    """The columns, in the order in which the items first show them, and their codes (columns, N)."""
    names = list(dict.fromkeys(name for item in items for name in item.attributes))
    codes = np.full((len(names), len(items)), MISSING, np.int32)
    columns = []
    for name, row in zip(names, codes, strict=True):
        texts = [item.attributes.get(name) for item in items]
        values = sorted({text for text in texts if text is not None})
        positions: dict[str | None, int] = {value: code for code, value in enumerate(values)}
        positions[None] = MISSING
        row[:] = [positions[text] for text in texts]
        counts = np.bincount(row[row != MISSING], minlength=len(values)).tolist()
        kind: AttributeKind = "number" if all(parse_number(value) is not None for value in values) else "text"
        columns.append(AttributeColumn(name, kind, values, counts))
    return columns, codes

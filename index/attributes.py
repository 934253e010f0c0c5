"""The attributes of all items as columns of codes, and filters over them."""

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
    def numbers(self) -> NDArray[np.float64]:
        """The values as numbers, (values,) float64; NaN where one is none."""
        parsed = (parse_number(value) for value in self.values)
        return np.array([np.nan if number is None else number for number in parsed], np.float64)

    def code(self, value: str) -> int | None:
        """Position of a value, or None when no item has it."""
        position = bisect.bisect_left(self.values, value)
        found = position < len(self.values) and self.values[position] == value
        return position if found else None


class AttributeTable:
    """Which item has which value of which attribute.

    Args:
        columns: one or none per attribute, in the order of the rows of `codes`.
        codes: (columns, N) int32: position among the column's values, -1 where an item has none.

    Raises:
        ValueError: shape or type is another, or a code points at no value.
    """

    def __init__(self, columns: Sequence[AttributeColumn], codes: NDArray[np.int32]) -> None:
        if codes.ndim != 2 or codes.shape[0] != len(columns) or codes.dtype != np.int32:
            raise ValueError(f"codes must be int32 ({len(columns)}, N), not {codes.dtype} {codes.shape}")
        for column, row in zip(columns, codes, strict=True):
            if row.size and not (row.min() >= MISSING and row.max() < len(column.values)):
                raise ValueError(f"a code of attribute {column.name!r} points at no value")
        self.columns: dict[str, AttributeColumn] = {column.name: column for column in columns}
        if len(self.columns) != len(columns):
            raise ValueError("two attributes have the same name")
        self._codes = {column.name: np.asarray(row) for column, row in zip(columns, codes, strict=True)}
        self._items = codes.shape[1]

    def mask(self, filters: Sequence[str], excludes: Sequence[str]) -> NDArray[np.bool_] | None:
        """Which items pass: every filter holds and no exclusion does.

        An item that lacks a field fails each filter on it and passes each exclusion on it.

        Returns:
            (N,) bool, or None when there are no conditions.

        Raises:
            FilterError: a condition is malformed or names an unknown field.
        """
        passes: NDArray[np.bool_] | None = None
        for text in filters:
            holds = self._holds(parse_condition(text))
            passes = holds if passes is None else passes & holds
        for text in excludes:
            fails = ~self._holds(parse_condition(text))
            passes = fails if passes is None else passes & fails
        return passes

    def _holds(self, condition: Condition) -> NDArray[np.bool_]:
        column = self.columns.get(condition.field)
        if column is None:
            raise FilterError(f"unknown field {condition.field!r:.100}; {self._known_fields()}")
        # One place more than there are values: code -1, an item without a value, reads the last.
        accepted = np.zeros(len(column.values) + 1, np.bool_)
        for value in condition.values:
            number_range = parse_range(value) if column.kind == "number" else None
            if number_range is not None:
                accepted[:-1] |= (column.numbers >= number_range.low) & (column.numbers <= number_range.high)
            elif (code := column.code(value)) is not None:
                accepted[code] = True
        if not accepted.any():
            return np.zeros(self._items, np.bool_)
        return np.take(accepted, self._codes[column.name], mode="wrap")

    def _known_fields(self) -> str:
        if not self.columns:
            return "these items have no attributes to filter by"
        names = list(self.columns)
        more = f" and {len(names) - _FIELDS_LISTED} more" if len(names) > _FIELDS_LISTED else ""
        return f"the fields are: {', '.join(names[:_FIELDS_LISTED])}{more}"


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

"""Columns of numbers, such as a year or price; conditions may have ranges, `lo..hi`, `lo..` and `..hi`."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from contracts.errors import FilterError
from index.columns.column import Column, ColumnKind
from index.columns.number_style import PLAIN, NumberStyle, find_style, parse_number
from index.conditions import RIGHT_FORM
from index.query import ColumnDescription

# Of a bound of a range; longer ones are dear to parse, and no item has such a number.
_LONGEST_BOUND = 64


@dataclass(frozen=True, slots=True)
class NumberRange:
    """All numbers from low to high, inclusive."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AnyNumber:
    """Accepts some values, and all numbers within some ranges.

    Attributes:
        texts: values as in the source; `7` is not `7.0`.
        ranges: of numbers.
    """

    texts: tuple[str, ...]
    ranges: tuple[NumberRange, ...]

    def accepted(self, column: Column) -> NDArray[np.bool_]:
        """See `ValueTest`."""
        marked = column.mark(self.texts)
        if not self.ranges:
            return marked
        order, rising = column.rising
        begins = np.searchsorted(rising, [within.low for within in self.ranges], side="left")
        ends = np.searchsorted(rising, [within.high for within in self.ranges], side="right")
        done = 0
        # Ranges that overlap are visited once, so all of them together cost no more than one over everything.
        for begin, end in sorted(zip(begins.tolist(), ends.tolist(), strict=True)):
            marked[order[max(begin, done) : end]] = True
            done = max(done, end)
        return marked


class Number(ColumnKind):
    """Finite decimal numbers, all written in one style.

    Args:
        style: of the column's values; bounds of ranges are always plain.
    """

    name: ClassVar[str] = "number"
    categorical: ClassVar[bool] = False
    ordered: ClassVar[bool] = True

    def __init__(self, style: NumberStyle = PLAIN) -> None:
        self.style = style

    def recognise(self, values: Sequence[str], counts: Sequence[int]) -> "Number | None":
        """The style that nearly all values share: 99 % of them, or all but one of three or more."""
        found = find_style(values, counts)
        return None if found.ambiguous or too_few_numbers(found.parsed, sum(counts)) else Number(found.style)

    def declared(self, values: Sequence[str], counts: Sequence[int]) -> "Number":
        """The style that most of the values share.

        Raises:
            ValueError: none of them is a number.
        """
        found = find_style(values, counts)
        if not found.parsed:
            raise ValueError(f"none of its values is a number, such as {values[0]!r:.100}")
        return Number(found.style)

    def holds(self, value: str) -> bool:
        """Whether a value is a number in the column's style."""
        return self.style.parse(value) is not None

    def settings(self) -> Mapping[str, str]:
        """The style."""
        return self.style.to_json()

    def with_settings(self, settings: Mapping[str, str]) -> "Number":
        """See `ColumnKind`."""
        return Number(NumberStyle.of_json(settings))

    def parse(self, values: Sequence[str]) -> AnyNumber:
        """Parse values with `..` as ranges, and others as exact values.

        Raises:
            FilterError: a range is malformed.
        """
        texts: list[str] = []
        ranges: list[NumberRange] = []
        for value in values:
            within = parse_range(value)
            if within is None:
                texts.append(value)
            else:
                ranges.append(within)
        return AnyNumber(tuple(texts), tuple(ranges))

    def comparables(self, values: Sequence[str]) -> NDArray[np.float64]:
        """The numbers themselves."""
        parsed = (self.style.parse(value) for value in values)
        return np.array([np.nan if number is None else number for number in parsed], np.float64)

    def describe(self, column: Column, items: int) -> ColumnDescription:
        """See `ColumnKind`; with the smallest and the largest number."""
        _, rising = column.rising
        lowest, highest = (float(rising[0]), float(rising[-1])) if rising.size else (None, None)
        return replace(super().describe(column, items), lowest=lowest, highest=highest)


def too_few_numbers(parsed: int, items: int) -> bool:
    """Whether a column is no column of numbers, if these are the items whose value is one, or may be one."""
    unread = items - parsed
    one_of_few = unread == 1 and parsed > 1
    return not parsed or not (one_of_few or unread * 100 <= items)


def is_range(text: str) -> bool:
    """Whether a text is a range of numbers, as opposed to a text that happens to hold two dots."""
    low, dots, high = text.partition("..")
    bounds = [bound for bound in (low, high) if bound]
    return bool(dots and bounds) and all(
        len(bound) <= _LONGEST_BOUND and parse_number(bound) is not None for bound in bounds
    )


def parse_range(text: str) -> NumberRange | None:
    """Parse `lo..hi`, `lo..` or `..hi`; None if the text has no `..`.

    Raises:
        FilterError: there is no bound, a bound is not a number or too long, or the lower bound is above the upper one.
    """
    low_text, dots, high_text = text.partition("..")
    if not dots:
        return None
    if max(len(low_text), len(high_text)) > _LONGEST_BOUND:
        raise FilterError(f"range {text!r:.100} has a number of over {_LONGEST_BOUND} characters; round it")
    low = parse_number(low_text) if low_text else -math.inf
    high = parse_number(high_text) if high_text else math.inf
    if low is None or high is None or not (low_text or high_text):
        raise FilterError(f"range {text!r:.100} is not two numbers around '..'; {RIGHT_FORM}")
    if low > high:
        raise FilterError(f"range {text!r:.100} begins above its end; write the smaller number first")
    return NumberRange(low, high)

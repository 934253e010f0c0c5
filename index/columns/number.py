"""Columns of numbers, such as a year or price; conditions may have ranges, `lo..hi`, `lo..` and `..hi`."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.errors import FilterError
from index.columns.column import Column, ColumnKind
from index.conditions import RIGHT_FORM

# Of a bound of a range; longer ones are dear to parse, and no item has such a number.
_LONGEST_BOUND = 64
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


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
    """Finite decimal numbers."""

    name = "number"
    categorical = False

    def recognises(self, values: Sequence[str]) -> bool:
        """Whether each value is a number."""
        return all(parse_number(value) is not None for value in values)

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
        parsed = (parse_number(value) for value in values)
        return np.array([np.nan if number is None else number for number in parsed], np.float64)


def parse_number(text: str) -> float | None:
    """Parse a finite decimal number such as `-1.5e3`; None for `nan`, `inf`, `1_000`, spaces and words."""
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


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

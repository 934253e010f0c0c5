"""Finding the values of a column that begin with a text, in any case."""

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def beginning_with(values: Sequence[str], prefix: str) -> NDArray[np.int64]:
    """Positions of the values that begin with a text, rising; capital and small letters are equal.

    The range of values with a beginning is narrowed letter by letter, once for each case in which the letter occurs
    there, so that no value is looked at that does not begin so.

    Args:
        values: sorted by code point.
        prefix: the text; edge spaces before it do not count.
    """
    ranges = {"": (0, len(values))}
    for letter in unicodedata.normalize("NFC", prefix.lstrip()):
        ranges = {
            start + case: narrowed
            for start, (low, high) in ranges.items()
            for case in {letter, letter.lower(), letter.upper()}
            if (narrowed := _narrowed(values, start + case, low, high)) is not None
        }
    # No beginning is the beginning of another one, so the ranges are apart.
    found = [np.arange(low, high) for low, high in sorted(ranges.values())]
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _narrowed(values: Sequence[str], start: str, low: int, high: int) -> tuple[int, int] | None:
    length = len(start)
    begin = bisect_left(values, start, low, high)
    end = bisect_right(values, start, begin, high, key=lambda value: value[:length])
    return (begin, end) if begin < end else None

"""How a column writes its numbers: `1299.00`, `1,299.00`, `1.299,00` or `19.99 EUR`."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Self

from index.columns.currencies import CURRENCY

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# Longer texts are no prices, and some patterns below take quadratic time.
_LONGEST = 64
_SPACES = " \u00a0\u202f"
_APOSTROPHES = "'\u2019"
_WRITTEN = re.compile(
    rf"({CURRENCY})?\s*[+-]?[0-9](?:[0-9.,{_SPACES}{_APOSTROPHES}]*[0-9])?\s*({CURRENCY})?",
)
# (decimal, group); where two read a column equally well, declared numbers are read by the first.
_SEPARATORS = ((".", ","), (",", "."), (",", " "), (".", " "), (".", "'"), (",", "'"))


@dataclass(frozen=True)
class NumberStyle:
    """A way to write numbers.

    Attributes:
        before, after: the currency, such as `$` or `EUR`; empty if there is none.
        decimal: the character before the decimals, `.` or `,`.
        group: the character between groups of three digits; a space stands for every kind of space. Empty: no groups,
            and an exponent is allowed.

    Raises:
        ValueError: the separators are not different, or not among those that are known.
    """

    before: str = ""
    after: str = ""
    decimal: str = "."
    group: str = ""

    def __post_init__(self) -> None:
        if (self.decimal, self.group) not in {(".", ""), *_SEPARATORS}:
            raise ValueError(f"no numbers are written with {self.decimal!r:.10} and {self.group!r:.10}")

    @classmethod
    def of_json(cls, stored: Mapping[str, str]) -> Self:
        """The style that `to_json` described.

        Raises:
            TypeError, ValueError: it does not describe a style.
        """
        if not all(type(text) is str and len(text) <= _LONGEST for text in stored.values()):
            raise TypeError("a style of numbers consists of short texts")
        return cls(**stored)

    def to_json(self) -> dict[str, str]:
        """All attributes; empty for the plain style, which older bundles have."""
        return {} if self == PLAIN else asdict(self)

    def parse(self, text: str) -> float | None:
        """The finite number that a text is, or None."""
        if self == PLAIN:
            return parse_number(text)
        if len(text) > _LONGEST:
            return None
        found = self._pattern.fullmatch(text)
        if found is None:
            return None
        whole = re.sub(r"[^0-9+-]", "", found[1])
        return float(f"{whole}.{found[2] or '0'}")

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        separator = {" ": f"[{_SPACES}]", "'": f"[{_APOSTROPHES}]", "": "(?!)"}.get(self.group, re.escape(self.group))
        whole = rf"[+-]?(?:[0-9]{{1,3}}(?:{separator}[0-9]{{3}})+|[0-9]+)"
        before = rf"{re.escape(self.before)}\s*" if self.before else ""
        after = rf"\s*{re.escape(self.after)}" if self.after else ""
        return re.compile(rf"{before}({whole})(?:{re.escape(self.decimal)}([0-9]+))?{after}")


PLAIN = NumberStyle()


@dataclass(frozen=True, slots=True)
class StyleFound:
    """The style that reads most of a column.

    Attributes:
        style: that style.
        parsed: number of items whose value it reads.
        ambiguous: whether another one reads as many, but as other numbers, as where every value looks like `1,299`.
    """

    style: NumberStyle
    parsed: int
    ambiguous: bool


def parse_number(text: str) -> float | None:
    """Parse a finite decimal number such as `-1.5e3`; None for `nan`, `inf`, `1_000`, spaces and words."""
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def may_be_number(text: str) -> bool:
    """Whether any style reads a text."""
    return parse_number(text) is not None or (len(text) <= _LONGEST and _WRITTEN.fullmatch(text) is not None)


def find_style(values: Sequence[str], counts: Sequence[int]) -> StyleFound:
    """The style that reads the values of the most items.

    The plain style is preferred where it reads all that look like numbers.

    Args:
        values: the distinct values of a column.
        counts: number of items with each.
    """
    plain = StyleFound(PLAIN, _parsed(PLAIN, values, counts), ambiguous=False)
    written: Counter[tuple[str, str]] = Counter()
    for value, count in zip(values, counts, strict=True):
        found = _WRITTEN.fullmatch(value) if len(value) <= _LONGEST else None
        if found is not None:
            written[found[1] or "", found[2] or ""] += count
    if not written or max(written.values()) <= plain.parsed:
        return plain
    before, after = max(written, key=lambda pair: written[pair])
    styles = [NumberStyle(before, after, *separators) for separators in _SEPARATORS]
    parsed = [_parsed(style, values, counts) for style in styles]
    most = max(parsed)
    if most <= plain.parsed:
        return plain
    best, *others = (style for style, count in zip(styles, parsed, strict=True) if count == most)
    differs = any(best.parse(value) != other.parse(value) for other in others for value in values)
    return StyleFound(best, most, ambiguous=differs)


def _parsed(style: NumberStyle, values: Sequence[str], counts: Sequence[int]) -> int:
    return sum(count for value, count in zip(values, counts, strict=True) if style.parse(value) is not None)

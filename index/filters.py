"""Reading one filter: `field:a,b`, and on number columns also `field:lo..hi`."""

import math
import re
from dataclasses import dataclass

from contracts.errors import FilterError

RIGHT_FORM = (
    r"write field:value or field:value,value with \, \: \\ for a comma, colon or backslash that belongs to the text, "
    "such as baseColour:Black,Navy Blue; on a field of numbers also year:2010..2012, year:2010.. or year:..2012"
)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_ESCAPABLE = frozenset(",:\\")


@dataclass(frozen=True, slots=True)
class Condition:
    """A field and the values of which an item's may be any.

    Attributes:
        field: name of an attribute.
        values: one or more, as written, unescaped; a field of numbers reads `lo..hi` among them as
            a range, a field of text as that very text.
    """

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumberRange:
    """All numbers from low to high, both included."""

    low: float
    high: float


def parse_condition(text: str) -> Condition:
    r"""Read `field:a,b`: split at the first `:`, then at each `,`; `\,` `\:` `\\` stand for themselves.

    Raises:
        FilterError: no colon, an empty field or value, or a backslash before anything else.
    """
    parts = [""]
    in_field = True
    characters = iter(text)
    for character in characters:
        if character == "\\":
            escaped = next(characters, "")
            if escaped not in _ESCAPABLE or not escaped:
                raise FilterError(rf"filter {text!r:.200} has a backslash before {escaped!r}; {RIGHT_FORM}")
            parts[-1] += escaped
        elif (in_field and character == ":") or (not in_field and character == ","):
            in_field = False
            parts.append("")
        else:
            parts[-1] += character
    if in_field:
        raise FilterError(f"filter {text!r:.200} has no colon; {RIGHT_FORM}")
    if "" in parts:
        what = "field" if not parts[0] else "value"
        raise FilterError(f"filter {text!r:.200} has an empty {what}; {RIGHT_FORM}")
    return Condition(parts[0], tuple(parts[1:]))


def parse_fields(text: str) -> tuple[str, ...]:
    r"""Read `field,field`, in which `\,` `\:` `\\` stand for themselves; each is named once in the result.

    Raises:
        FilterError: a name is empty, or a backslash stands before anything else.
    """
    names = [""]
    characters = iter(text)
    for character in characters:
        if character == "\\":
            escaped = next(characters, "")
            if escaped not in _ESCAPABLE or not escaped:
                raise FilterError(
                    f"{text!r:.200} has a backslash before {escaped!r}; it goes before a comma, colon or backslash only"
                )
            names[-1] += escaped
        elif character == ",":
            names.append("")
        else:
            names[-1] += character
    if "" in names:
        raise FilterError(f"{text!r:.200} holds an empty name; write field,field such as baseColour,gender")
    return tuple(dict.fromkeys(names))


def parse_number(text: str) -> float | None:
    """A finite decimal number such as `-1.5e3`, or None: no `nan`, `inf`, `1_000`, spaces or words."""
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def parse_range(text: str) -> NumberRange | None:
    """Read `lo..hi`, `lo..` or `..hi`; None when the text holds no `..`.

    Raises:
        FilterError: no bound, a bound that is no number, or a lower bound above the upper one.
    """
    low_text, dots, high_text = text.partition("..")
    if not dots:
        return None
    low = parse_number(low_text) if low_text else -math.inf
    high = parse_number(high_text) if high_text else math.inf
    if low is None or high is None or not (low_text or high_text):
        raise FilterError(f"range {text!r:.100} is not two numbers around '..'; {RIGHT_FORM}")
    if low > high:
        raise FilterError(f"range {text!r:.100} begins above its end; write the smaller number first")
    return NumberRange(low, high)

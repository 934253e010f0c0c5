r"""The syntax of conditions: `field:a,b`, in which `\,` `\:` `\\` are literal characters."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from contracts.errors import FilterError
from contracts.text_form import one_form

MAX_VALUES: Final = 100
"""Of one condition."""

MAX_CONDITIONS: Final = 50
"""Of one query, filters and exclusions each."""

RIGHT_FORM = (
    r"write field:value or field:value,value with \, \: \\ for a comma, colon or backslash that belongs to the text, "
    "such as baseColour:Black,Navy Blue; on a field of numbers also year:2010..2012, year:2010.. or year:..2012"
)
_ESCAPABLE = frozenset(",:\\")
# Runs of ordinary characters or of colons, a backslash with the next character, or a comma.
_PIECES = re.compile(r"[^\\,:]+|:+|\\.?|,", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Condition:
    """A field and its accepted values.

    Attributes:
        field: name of an attribute, in one form (see `contracts.text_form`).
        values: one or more, unescaped, in one form. The kind of the column defines their meaning; for numbers,
            `lo..hi` is a range.
    """

    field: str
    values: tuple[str, ...]


def parse_condition(text: str) -> Condition:
    r"""Parse `field:a,b`: split at the first `:`, then at each `,`; `\,` `\:` `\\` are literal characters.

    Field and values are brought into one form, so `field: a, b` is the same.

    Raises:
        FilterError: there is no colon, a field or value is empty, a backslash precedes another character, or there are
            more than `MAX_VALUES` values.
    """
    pieces: list[list[str]] = [[]]
    in_field = True
    for piece in _pieces(text):
        if in_field and piece[0] == ":":
            in_field = False
            # Colons after the first one belong to the value.
            pieces.append([piece[1:]])
        elif piece == "," and not in_field:
            pieces.append([])
            if len(pieces) > 1 + MAX_VALUES:
                raise FilterError(
                    f"filter {text!r:.100} has over {MAX_VALUES} values; split it into several requests, or use a range"
                )
        elif piece[0] != "\\":
            pieces[-1].append(piece)
        elif piece[1:] in _ESCAPABLE:
            pieces[-1].append(piece[1:])
        else:
            raise FilterError(rf"filter {text!r:.200} has a backslash before {piece[1:]!r}; {RIGHT_FORM}")
    if in_field:
        raise FilterError(f"filter {text!r:.200} has no colon; {RIGHT_FORM}")
    parts = [one_form("".join(each)) for each in pieces]
    if "" in parts:
        what = "field" if not parts[0] else "value"
        raise FilterError(f"filter {text!r:.200} has an empty {what}; {RIGHT_FORM}")
    return Condition(parts[0], tuple(parts[1:]))


def parse_fields(text: str) -> tuple[str, ...]:
    r"""Parse `field,field`, in which `\,` `\:` `\\` are literal characters; duplicates are dropped.

    Raises:
        FilterError: a name is empty, a backslash precedes another character, or there are more than `MAX_VALUES`.
    """
    pieces: list[list[str]] = [[]]
    for piece in _pieces(text):
        if piece == ",":
            pieces.append([])
            if len(pieces) > MAX_VALUES:
                raise FilterError(f"{text!r:.100} has over {MAX_VALUES} names; leave some out")
        elif piece[0] != "\\":
            pieces[-1].append(piece)
        elif piece[1:] in _ESCAPABLE:
            pieces[-1].append(piece[1:])
        else:
            raise FilterError(
                f"{text!r:.200} has a backslash before {piece[1:]!r}; it goes before a comma, colon or backslash only"
            )
    names = [one_form("".join(each)) for each in pieces]
    if "" in names:
        raise FilterError(f"{text!r:.200} has an empty name; write field,field such as baseColour,gender")
    return tuple(dict.fromkeys(names))


def escaped(text: str) -> str:
    """Escape a field or value for use in a condition."""
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(":", "\\:")


def _pieces(text: str) -> Iterator[str]:
    return (found.group() for found in _PIECES.finditer(text))

"""Query parameters, and how their texts are parsed."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{0,20}\.?[0-9]{0,40}([eE][-+]?[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter.

    Attributes:
        name: as in the query string.
        description: for the OpenAPI document.
        read: parses the text; raises ValueError that says what is allowed.
        schema: JSON schema for the OpenAPI document.
        default: value if the parameter is absent.
        repeatable: may be given several times; the value is then a tuple.
    """

    name: str
    description: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    default: Any = None
    repeatable: bool = False


def integer(low: int, high: int) -> Callable[[str], int]:
    """A parser of whole numbers from low to high."""

    def read(text: str) -> int:
        if not _INTEGER.fullmatch(text) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return read


def one_of(numbers: Sequence[int]) -> Callable[[str], int]:
    """A parser of a few whole numbers, in their only spelling."""
    known = {str(value): value for value in numbers}

    def read(text: str) -> int:
        if text not in known:
            raise ValueError(f"must be one of {', '.join(known)}")
        return known[text]

    return read


def number(low: float, high: float) -> Callable[[str], float]:
    """A parser of finite numbers from low to high."""

    def read(text: str) -> float:
        try:
            value = float(text) if _NUMBER.fullmatch(text) else math.nan
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise ValueError(f"must be a number from {low:g} to {high:g}")
        return value

    return read


def number_or(word: str, low: float, high: float) -> Callable[[str], float | str]:
    """A parser of finite numbers from low to high, or one word."""
    read_number = number(low, high)

    def read(text: str) -> float | str:
        if text == word:
            return word
        try:
            return read_number(text)
        except ValueError as error:
            raise ValueError(f"{error}, or {word}") from None

    return read


def boolean(text: str) -> bool:
    """`true`, `false`, `1` or `0`."""
    try:
        return _BOOLEANS[text]
    except KeyError:
        raise ValueError("must be true or false") from None


def choice(*choices: str) -> Callable[[str], str]:
    """A parser that accepts one of a few words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return text

    return read

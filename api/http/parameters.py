"""Query parameters: one description each, from which both the reader and the OpenAPI document come."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from api.http.problems import ServiceProblem

MAX_PARAMETERS = 200
MAX_WINDOW = 1000
MAX_SEED = 2**32 - 1
MAX_FACET_VALUES = 1000

_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{0,20}\.?[0-9]{0,40}([eE][-+]?[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter.

    Attributes:
        name: as it stands in the query string.
        description: one sentence for the document.
        read: the value of its text; raises ValueError with what is allowed.
        schema: JSON schema for the document.
        default: value where the parameter is absent.
        repeatable: may be given several times; the value is then a tuple.
    """

    name: str
    description: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    default: Any = None
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """The query parameters of one route.

    Attributes:
        parameters: those that may be given.
        elsewhere: where names belong that people put here by mistake.
    """

    parameters: tuple[Parameter, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    def read(self, query_string: bytes) -> dict[str, Any]:
        """The value of every parameter, by name.

        Raises:
            ServiceProblem: `invalid_parameter`: unknown, given twice, or out of its range.
        """
        values = {parameter.name: () if parameter.repeatable else parameter.default for parameter in self.parameters}
        if not query_string:
            return values
        try:
            # latin-1 as in Starlette: percent-encoded UTF-8 is decoded by parse_qsl itself.
            pairs = parse_qsl(query_string.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
        except ValueError:
            raise ServiceProblem(
                "invalid_parameter", f"the query string holds over {MAX_PARAMETERS} parameters"
            ) from None
        known = {parameter.name: parameter for parameter in self.parameters}
        given: set[str] = set()
        for name, text in pairs:
            parameter = known.get(name)
            if parameter is None:
                raise ServiceProblem("invalid_parameter", self._unknown(name))
            if name in given and not parameter.repeatable:
                raise ServiceProblem("invalid_parameter", f"'{name}' is given more than once; give it once")
            given.add(name)
            try:
                value = parameter.read(text)
            except ValueError as error:
                raise ServiceProblem("invalid_parameter", f"'{name}' {error}; got {text!r:.80}") from None
            values[name] = (*values[name], value) if parameter.repeatable else value
        return values

    def _unknown(self, name: str) -> str:
        place = self.elsewhere.get(name)
        allowed = ", ".join(parameter.name for parameter in self.parameters) or "none"
        if place:
            return f"'{name}' is no query parameter here: {place}; query parameters here: {allowed}"
        return f"unknown query parameter {name!r:.80}; query parameters here: {allowed}"


def integer(low: int, high: int) -> Callable[[str], int]:
    """A reader of whole numbers from low to high."""

    def read(text: str) -> int:
        if not _INTEGER.fullmatch(text) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return read


def number(low: float, high: float) -> Callable[[str], float]:
    """A reader of finite numbers from low to high."""

    def read(text: str) -> float:
        try:
            value = float(text) if _NUMBER.fullmatch(text) else math.nan
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise ValueError(f"must be a number from {low:g} to {high:g}")
        return value

    return read


def boolean(text: str) -> bool:
    """`true`, `false`, `1` or `0`."""
    try:
        return _BOOLEANS[text]
    except KeyError:
        raise ValueError("must be true or false") from None


def choice(*choices: str) -> Callable[[str], str]:
    """A reader of one of a few words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return text

    return read


def check_window(limit: int, offset: int) -> None:
    """Refuse to look deeper into the hits than 1,000.

    Raises:
        ServiceProblem: `invalid_parameter`.
    """
    if offset + limit > MAX_WINDOW:
        raise ServiceProblem(
            "invalid_parameter",
            f"'offset' + 'limit' must be at most {MAX_WINDOW}; got {offset} + {limit}",
        )


def limit(highest: int = 100, default: int = 12) -> Parameter:
    """How many to return."""
    return Parameter(
        "limit",
        "How many to return.",
        integer(1, highest),
        {"type": "integer", "minimum": 1, "maximum": highest, "default": default},
        default,
    )


def offset(highest: int, description: str) -> Parameter:
    """How many to pass over."""
    return Parameter(
        "offset",
        description,
        integer(0, highest),
        {"type": "integer", "minimum": 0, "maximum": highest, "default": 0},
        0,
    )


MIN_SCORE = Parameter(
    "min_score",
    "Leave out items whose cosine similarity is lower.",
    number(-1.0, 1.0),
    {"type": "number", "minimum": -1, "maximum": 1},
)
FILTER = Parameter(
    "filter",
    "`field:a,b`: the attribute must be any of these, exactly. Several filters must all hold. On number columns "
    "also `field:lo..hi`, `field:lo..`, `field:..hi`. A backslash escapes `,` `:` and itself.",
    str,
    {"type": "array", "items": {"type": "string"}},
    repeatable=True,
)
EXCLUDE = Parameter(
    "exclude",
    "`field:a,b`: the attribute must be none of these. Written like `filter`.",
    str,
    {"type": "array", "items": {"type": "string"}},
    repeatable=True,
)
GROUP_BY = Parameter(
    "group_by",
    "An attribute: of all items with the same value only the best is shown, such as one of each `title`. Items "
    "without a value stand for themselves. `total` counts groups then.",
    str,
    {"type": "string"},
)
FACETS = Parameter(
    "facets",
    "`field,field`: also count the values of these attributes among all matches, most frequent first, at most "
    f"{MAX_FACET_VALUES:,} of each; items, not groups. A backslash escapes `,` `:` and itself.",
    str,
    {"type": "string"},
)
EXCLUDE_SELF = Parameter(
    "exclude_self",
    "Leave out the item itself.",
    boolean,
    {"type": "boolean", "default": True},
    default=True,
)
SAMPLE = Parameter(
    "sample",
    "`random`: in random order instead of catalogue order; `offset` pages through it.",
    choice("random"),
    {"type": "string", "enum": ["random"]},
)
SEED = Parameter(
    "seed",
    "Which random order; the answer names the one that was drawn where none is given. Goes with `sample=random`.",
    integer(0, MAX_SEED),
    {"type": "integer", "minimum": 0, "maximum": MAX_SEED},
)

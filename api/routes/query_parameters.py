"""The query parameters that routes declare: what each is called, how it is read and how it is documented."""

from typing import Final

from api.http.parameters import Parameter, boolean, choice, integer, number
from api.http.problems import ServiceProblem
from api.items.queries import MAX_FACET_VALUES, MAX_SEED

MAX_WINDOW: Final = 1000


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


def _condition(name: str, description: str) -> Parameter:
    """A condition on an attribute; all that are given must hold."""
    return Parameter(name, description, str, {"type": "array", "items": {"type": "string"}}, repeatable=True)


MIN_SCORE = Parameter(
    "min_score",
    "Leave out items whose cosine similarity is lower.",
    number(-1.0, 1.0),
    {"type": "number", "minimum": -1, "maximum": 1},
)
FILTER = _condition(
    "filter",
    "`field:a,b`: the attribute must be any of these, exactly. Several filters must all hold. On number columns "
    "also `field:lo..hi`, `field:lo..`, `field:..hi`. A backslash escapes `,` `:` and itself.",
)
EXCLUDE = _condition(
    "exclude",
    "`field:a,b`: the attribute must be none of these. Written like `filter`.",
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

"""The query parameters that routes declare: their names, parsers and documentation."""

from typing import Final

from api.http.parameters import Parameter, boolean, choice, integer, number_or, one_of
from api.http.problems import ServiceProblem
from api.items.queries import FOUND_VALUES, MAX_FACET_VALUES, MAX_SEED
from index.conditions import MAX_CONDITIONS, MAX_VALUES
from index.query import AUTO
from pictures.thumbnail import WIDTHS

MAX_WINDOW: Final = 1000


def check_window(limit: int, offset: int) -> None:
    """Refuse hits beyond the first 1,000.

    Raises:
        ServiceProblem: `invalid_parameter`.
    """
    if offset + limit > MAX_WINDOW:
        raise ServiceProblem(
            "invalid_parameter",
            f"'offset' + 'limit' must be at most {MAX_WINDOW}; got {offset} + {limit}",
        )


def limit(highest: int = 100, default: int = 12) -> Parameter:
    """The parameter for the size of a page."""
    return Parameter(
        "limit",
        "Maximum number to return.",
        integer(1, highest),
        {"type": "integer", "minimum": 1, "maximum": highest, "default": default},
        default,
    )


def offset(highest: int, description: str) -> Parameter:
    """The parameter for the start of a page."""
    return Parameter(
        "offset",
        description,
        integer(0, highest),
        {"type": "integer", "minimum": 0, "maximum": highest, "default": 0},
        0,
    )


def _condition(name: str, description: str) -> Parameter:
    """A parameter for a condition on an attribute; may be given several times."""
    return Parameter(
        name, description, str, {"type": "array", "items": {"type": "string", "pattern": ":"}}, repeatable=True
    )


MIN_SCORE = Parameter(
    "min_score",
    "Leave out items whose score is lower. `auto` leaves out the items that do not resemble the query: the list ends "
    "where similarity is no more than chance, as measured when the index was built. It leaves nothing out if the index "
    "has under 40 items, or was built by an older version; build it again then.",
    number_or(AUTO, -1.0, 1.0),
    {"anyOf": [{"type": "number", "minimum": -1, "maximum": 1}, {"type": "string", "enum": [AUTO]}]},
)
FILTER = _condition(
    "filter",
    "`field:a,b`: the attribute must be exactly one of these values. Several filters must all match. Number attributes "
    "also take ranges: `field:lo..hi`, `field:lo..`, `field:..hi`. Of a list attribute, one member must be one of the "
    "values. A backslash escapes `,` `:` and itself. Spaces "
    "around a value and its Unicode form do not matter. At most "
    f"{MAX_VALUES} values a filter, and {MAX_CONDITIONS} filters.",
)
EXCLUDE = _condition(
    "exclude",
    "`field:a,b`: the attribute must be none of these values. Same syntax as `filter`.",
)
GROUP_BY = Parameter(
    "group_by",
    "Name of an attribute, such as `title`: of all items with the same value, only the best is returned. An item "
    "without a value is a group of its own. `total` then counts groups. A list attribute makes no groups.",
    str,
    {"type": "string"},
)
FACETS = Parameter(
    "facets",
    "`field,field`: also count the values of these attributes among all matches, most frequent first, at most "
    f"{MAX_FACET_VALUES:,} values of each. Counts items, not groups; of a list attribute each member. "
    "A backslash escapes `,` `:` and itself.",
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
    "`random`: random order instead of catalogue order; page through it with `offset` and the same `seed`.",
    choice("random"),
    {"type": "string", "enum": ["random"]},
)
SEED = Parameter(
    "seed",
    "Seed of the random order, for `sample=random`. Without it, a seed is drawn and returned in the response.",
    integer(0, MAX_SEED),
    {"type": "integer", "minimum": 0, "maximum": MAX_SEED},
)
FIELD = Parameter(
    "field",
    "Name of one attribute: only its values are returned, those that begin with `prefix`.",
    str,
    {"type": "string"},
)
PREFIX = Parameter(
    "prefix",
    "How the values of `field` begin; capital and small letters are equal.",
    str,
    {"type": "string"},
)
WIDTH = Parameter(
    "width",
    "Have the picture made smaller, to this width in pixels; it is never enlarged, and becomes at most four times as "
    "high. It is upright, in sRGB and without metadata: AVIF or WebP if `Accept` names them, else JPEG; a small JPEG "
    "or PNG stays one. Without `width`: the picture as it is in the catalogue.",
    one_of(WIDTHS),
    {"type": "integer", "enum": list(WIDTHS)},
)
FOUND_LIMIT = Parameter(
    "limit",
    f"Maximum number of values of `field`, the most frequent first; {FOUND_VALUES} by default.",
    integer(1, MAX_FACET_VALUES),
    {"type": "integer", "minimum": 1, "maximum": MAX_FACET_VALUES},
)

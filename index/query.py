"""The queries and results of a searcher, independent of any engine's rows, masks or codes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from index.conditions import Condition

# A minimum score: where resemblance ends, see `index.resemblance`.
AUTO: Final = "auto"


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A search for similar items.

    Attributes:
        conditions: all must hold; an item without the field fails.
        exclusions: none may hold; an item without the field passes.
        group_by: a field: of all items with the same value only the best is found, and `Page.total` counts groups.
            An item without a value is a group of its own.
        facets: fields whose values are counted among all matches; None: nothing is counted.
        facet_values: maximum number of values per field, the most frequent first.
        min_score: minimum score of matches, compared in float32; `AUTO`: only items that resemble the query, or all if
            it is not known where resemblance ends.
        limit: maximum number of items, 1 or more.
        offset: number of best items to skip.
        excluded_item: id of an item that must not be found; it need not exist.
        fields: the attributes that items are returned with; None: all.

    Raises:
        ValueError: a number is out of range.
    """

    conditions: tuple[Condition, ...] = ()
    exclusions: tuple[Condition, ...] = ()
    group_by: str | None = None
    facets: tuple[str, ...] | None = None
    facet_values: int = 1000
    min_score: float | Literal["auto"] | None = None
    limit: int = 12
    offset: int = 0
    excluded_item: str | None = None
    fields: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        _check_page(self.limit, self.offset)
        if isinstance(self.min_score, float) and not math.isfinite(self.min_score):
            raise ValueError(f"min_score must be a finite number, got {self.min_score}")
        if self.facet_values < 1:
            raise ValueError(f"facet_values must be 1 or more, got {self.facet_values}")


@dataclass(frozen=True, slots=True)
class ListingQuery:
    """A request for items in catalogue order or in a random order.

    Attributes:
        conditions, exclusions, fields: see `SearchQuery`.
        limit: maximum number of items, 1 or more.
        offset: number of items to skip.
        seed: of a random order, 0 or more; None: catalogue order.

    Raises:
        ValueError: a number is out of range.
    """

    conditions: tuple[Condition, ...] = ()
    exclusions: tuple[Condition, ...] = ()
    limit: int = 12
    offset: int = 0
    seed: int | None = None
    fields: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        _check_page(self.limit, self.offset)
        if self.seed is not None and self.seed < 0:
            raise ValueError(f"seed must be 0 or more, got {self.seed}")


@dataclass(frozen=True, slots=True)
class ValuesQuery:
    """A request for values of one column.

    Attributes:
        field: the column.
        prefix: how the values begin, in any case; empty: all values.
        limit: maximum number of values, 1 or more; the most frequent ones come first.
    """

    field: str
    prefix: str = ""
    limit: int = 100


class ListedItem(NamedTuple):
    """An item of a listing. A tuple is created in half the time of a dataclass, and each response needs many.

    Attributes:
        id: of the item.
        attributes: a JSON object in UTF-8, as it was stored.
    """

    id: str
    attributes: bytes


class FoundItem(NamedTuple):
    """An item that was found; a tuple for the same reason as `ListedItem`.

    Attributes:
        id, attributes: see `ListedItem`.
        score: cosine similarity, -1 to 1, a float32.
    """

    id: str
    attributes: bytes
    score: float


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """All stored data of an item.

    Attributes:
        id, attributes: see `ListedItem`.
        image: path of its picture below the catalogue's root, POSIX separators.
        crop: the part of the picture that shows the item, (x1, y1, x2, y2) in pixels, or None for all.
    """

    id: str
    attributes: bytes
    image: str
    crop: tuple[int, int, int, int] | None


@dataclass(frozen=True, slots=True)
class Page:
    """The result of a search.

    Attributes:
        items: best first; equal scores in catalogue order.
        total: number of matching items, or groups, on all pages.
        facets: field -> value -> number of matching items with it, most frequent first; None if not requested.
    """

    items: Sequence[FoundItem]
    total: int
    facets: Mapping[str, Mapping[str, int]] | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The result of a listing.

    Attributes:
        items: one page.
        total: number of matching items on all pages.
    """

    items: Sequence[ListedItem]
    total: int


@dataclass(frozen=True, slots=True)
class ColumnDescription:
    """An attribute that can be filtered by.

    Attributes:
        name: the field.
        kind: `text`, `list` or `number`; see `index.columns.registry`.
        categorical: see `index.columns.column.ColumnKind`.
        values: the distinct values, sorted by code point; of lists, their members.
        counts: number of items with each value.
        missing: number of items without a value.
        lowest, highest: the smallest and the largest number; None unless the column is one of numbers.
    """

    name: str
    kind: str
    categorical: bool
    values: Sequence[str]
    counts: Sequence[int]
    missing: int = 0
    lowest: float | None = None
    highest: float | None = None


def _check_page(limit: int, offset: int) -> None:
    if limit < 1 or offset < 0:
        raise ValueError(f"limit must be 1 or more and offset 0 or more, got {limit} and {offset}")

"""What a catalogue can be asked, and what it answers: no row, mask or code of any engine among it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from index.conditions import Condition


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """Which items are wanted of those that look like something.

    Attributes:
        conditions: all must hold; an item that lacks the field fails.
        exclusions: none may hold; an item that lacks the field passes.
        group_by: a field: of all items with one value only the best is found, and `Page.total` counts groups. Items
            without a value stand for themselves.
        facets: fields whose values are counted among all matches; None: nothing is counted.
        facet_values: how many values of each field at most, the most frequent first.
        min_score: matches have at least this score, compared in float32.
        limit: how many items at most, 1 or more.
        offset: how many of the best to pass over.
        excluded_item: id of an item that must not be found; no item need have it.

    Raises:
        ValueError: a number is out of its range.
    """

    conditions: tuple[Condition, ...] = ()
    exclusions: tuple[Condition, ...] = ()
    group_by: str | None = None
    facets: tuple[str, ...] | None = None
    facet_values: int = 1000
    min_score: float | None = None
    limit: int = 12
    offset: int = 0
    excluded_item: str | None = None

    def __post_init__(self) -> None:
        _check_page(self.limit, self.offset)
        if self.min_score is not None and not math.isfinite(self.min_score):
            raise ValueError(f"min_score must be a finite number, got {self.min_score}")
        if self.facet_values < 1:
            raise ValueError(f"facet_values must be 1 or more, got {self.facet_values}")


@dataclass(frozen=True, slots=True)
class ListingQuery:
    """Which items of the catalogue are wanted.

    Attributes:
        conditions, exclusions: see `SearchQuery`.
        limit: how many items at most, 1 or more.
        offset: how many to pass over.
        seed: of a random order, 0 or more; None: in catalogue order.

    Raises:
        ValueError: a number is out of its range.
    """

    conditions: tuple[Condition, ...] = ()
    exclusions: tuple[Condition, ...] = ()
    limit: int = 12
    offset: int = 0
    seed: int | None = None

    def __post_init__(self) -> None:
        _check_page(self.limit, self.offset)
        if self.seed is not None and self.seed < 0:
            raise ValueError(f"seed must be 0 or more, got {self.seed}")


class ListedItem(NamedTuple):
    """An item of a list; a tuple, which is made in half the time of a dataclass, and each answer makes many.

    Attributes:
        id: of the item.
        attributes: a JSON object in UTF-8, as it was written when the item was stored.
    """

    id: str
    attributes: bytes


class FoundItem(NamedTuple):
    """An item that was found; a tuple as `ListedItem` is.

    Attributes:
        id, attributes: see `ListedItem`.
        score: cosine similarity, -1 to 1, a float32.
    """

    id: str
    attributes: bytes
    score: float


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """All that is stored of an item.

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
    """The answer to a search.

    Attributes:
        items: best first; equal scores in catalogue order.
        total: how many items, or groups, match in all.
        facets: field -> value -> how many matching items have it, most frequent first; None where not asked for.
    """

    items: Sequence[FoundItem]
    total: int
    facets: Mapping[str, Mapping[str, int]] | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """The answer to a listing.

    Attributes:
        items: one page.
        total: how many items match in all.
    """

    items: Sequence[ListedItem]
    total: int


@dataclass(frozen=True, slots=True)
class ColumnDescription:
    """An attribute that can be filtered by.

    Attributes:
        name: the field.
        kind: `text` or `number`; see `index.columns.registry`.
        categorical: whether equal values mean items of one sort.
        values: the different values, sorted by code point.
        counts: how many items have each.
    """

    name: str
    kind: str
    categorical: bool
    values: Sequence[str]
    counts: Sequence[int]


def _check_page(limit: int, offset: int) -> None:
    if limit < 1 or offset < 0:
        raise ValueError(f"limit must be 1 or more and offset 0 or more, got {limit} and {offset}")

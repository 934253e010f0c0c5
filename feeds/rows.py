"""The rows of a feed: those that can be used, and those that cannot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

RowCode = Literal[
    "missing_id",
    "invalid_id",
    "duplicate_id",
    "missing_image",
    "invalid_image",
    "invalid_attributes",
    "wrong_fields",
    "broken_row",
    "row_too_long",
    "not_utf8",
]

_ADDRESSES: Final = ("https://", "http://")


def is_address(picture: str) -> bool:
    """Whether a picture is named by its URL, not by a path."""
    return picture[:8].lower().startswith(_ADDRESSES)


@dataclass(frozen=True, slots=True)
class FeedRow:
    """An item of a feed.

    Attributes:
        row: where a person finds it: the line where it starts, counted from 1; in XML the number of the item, from 1.
        id: in one form; passes `contracts.items.check_item_id`, and no earlier row has it.
        picture: http or https URL, or a path as it was written, which is not checked; None only if none was needed.
        attributes: name -> value, in one form, without empty ones and `NA`; within `contracts.attribute_limits`.
    """

    row: int
    id: str
    picture: str | None
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row of a feed that cannot be used.

    Attributes:
        row: see `FeedRow`.
        id: where it is known; it may be one that is refused, shortened then.
        code: what kind of fault it has.
        detail: what is wrong, and what to do about it; goes on after "the row".
    """

    row: int
    id: str | None
    code: RowCode
    detail: str

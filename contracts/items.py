"""An item of a catalogue, and the rules for its id."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from contracts.errors import CatalogueError
from contracts.text_form import one_form

MAX_ID_CHARACTERS = 512
MISSING_VALUES = frozenset({"", "NA"})
RESERVED_LAST_SEGMENTS = frozenset({"similar", "image"})


@dataclass(frozen=True, slots=True)
class Item:
    """A catalogue item: one picture and its attributes.

    Attributes:
        id: unique in its catalogue; may contain slashes; passes `check_item_id`.
        image: path of the picture relative to the catalogue's root, POSIX separators.
        attributes: column -> value as in the source, in one form; empty values and `NA` are left out.
        crop: (x1, y1, x2, y2) in pixels, the part of the picture that shows the item, or None; see
            `contracts.box.Box.of_crop`.
        partition: `train`, `val` or `test`, or `train`, `query` or `gallery`; None if the source names none.
    """

    id: str
    image: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    crop: tuple[int, int, int, int] | None = None
    partition: str | None = None


def check_item_id(item_id: str) -> None:
    """Reject an id that could not be addressed over HTTP.

    Raises:
        CatalogueError: the id is empty, over 512 characters, contains control characters, starts or
            ends with `/`, has an empty, `.` or `..` segment, or its last segment is `similar` or `image`.
    """
    problem = _id_problem(item_id)
    if problem:
        raise CatalogueError(f"id {item_id!r:.100} {problem}")


def first_repeated_id(items: Iterable[Item]) -> str | None:
    """The first id that an earlier item has as well; None if all ids are different."""
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            return item.id
        seen.add(item.id)
    return None


def present_attributes(row: Mapping[str, str | None]) -> dict[str, str]:
    """The attributes of a source row, in one form (see `one_form`), without empty and `NA` values."""
    formed = ((one_form(column), one_form(value)) for column, value in row.items() if value)
    return {column: value for column, value in formed if value not in MISSING_VALUES}


def _id_problem(item_id: str) -> str | None:
    if not item_id:
        return "is empty; every item needs an id"
    if len(item_id) > MAX_ID_CHARACTERS:
        return f"has {len(item_id)} characters; at most {MAX_ID_CHARACTERS} are allowed"
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in item_id):
        return "holds control characters; remove them"
    segments = item_id.split("/")
    if segments[0] == "" or segments[-1] == "":
        return "starts or ends with '/'; remove it"
    if any(segment in {"", ".", ".."} for segment in segments):
        return "has an empty, '.' or '..' segment; give the item a plain name"
    if segments[-1] in RESERVED_LAST_SEGMENTS:
        return f"ends in '{segments[-1]}', which is reserved by the HTTP interface; rename the item"
    return None

"""The URL path of an item."""

import unicodedata
from typing import Final
from urllib.parse import quote

from lookalike_client.errors import InvalidItemId, Problem

_LONGEST_ID: Final = 512
# They are paths of their own below an item.
_RESERVED: Final = frozenset({"similar", "image"})


def item_path(item_id: str) -> str:
    """The path, percent-encoded except for its slashes.

    Raises:
        InvalidItemId: no item can have this id. A path with it would lead elsewhere, such as to all items, so nothing
            is sent.
    """
    problem = _problem(item_id)
    if problem:
        detail = f"no item has the id {item_id!r:.100}: an id {problem}"
        raise InvalidItemId(Problem(404, "unknown_item", "No item has this id", detail))
    return f"/items/{quote(item_id, safe='/')}"


def _problem(item_id: str) -> str | None:
    if not 1 <= len(item_id) <= _LONGEST_ID:
        return f"has 1 to {_LONGEST_ID} characters"
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in item_id):
        return "has no control characters"
    segments = item_id.split("/")
    if any(segment in {"", ".", ".."} for segment in segments):
        return "has no empty, '.' or '..' segment between its slashes"
    if segments[-1] in _RESERVED:
        return f"does not end in the segment {segments[-1]!r}"
    return None

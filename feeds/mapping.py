"""Which column of a feed is what, as a JSON file says."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from contracts.attribute_limits import MAX_NAME_CHARACTERS
from contracts.errors import FeedError
from contracts.text_form import one_form
from feeds.limits import MAX_COLUMNS
from feeds.text import unreadable
from storage.small_files import read_small

_MOST_BYTES: Final = 2**20
_EXAMPLE: Final = '{"SKU": "id", "Photo": "image", "Colour": "color", "Internal note": null}'


def read_mapping(path: Path) -> dict[str, str | None]:
    """Read a mapping: a JSON object, column of the feed -> `id`, `image`, the name of an attribute, or null.

    Raises:
        FeedError: the file cannot be read, or is no such object.
    """
    try:
        mapping = json.loads(read_small(path, most_bytes=_MOST_BYTES))
    except OSError as error:
        raise unreadable(path, error) from None
    except (ValueError, RecursionError) as error:
        raise FeedError(f"the mapping {path} is no JSON: {error!s:.200}; write it as {_EXAMPLE}") from None
    return checked_mapping(mapping)


def checked_mapping(mapping: object) -> dict[str, str | None]:
    """A mapping in one form.

    Raises:
        FeedError: it is no object of short texts and nulls, or names two columns the id or the picture.
    """
    if not isinstance(mapping, Mapping):
        raise FeedError(f"the mapping is no JSON object; write it as {_EXAMPLE}")
    if len(mapping) > MAX_COLUMNS:
        raise FeedError(f"the mapping has {len(mapping):,} columns, over {MAX_COLUMNS:,}; leave some out")
    checked: dict[str, str | None] = {}
    for column, target in mapping.items():
        if not isinstance(column, str) or not (target is None or isinstance(target, str)):
            raise FeedError(f"the mapping of {column!r:.60} is neither a name nor null; write it as {_EXAMPLE}")
        name = one_form(column)
        formed = None if target is None else one_form(target)
        if not name or formed == "" or max(len(name), len(formed or "")) > MAX_NAME_CHARACTERS:
            raise FeedError(
                f"the mapping of {column!r:.60} has an empty name, or one of over {MAX_NAME_CHARACTERS} characters; "
                "correct it"
            )
        if name in checked:
            raise FeedError(f"the mapping names the column {name!r:.60} twice; remove one")
        if formed is not None and formed in checked.values():
            raise FeedError(f"the mapping makes two columns {formed!r:.60}; leave one out")
        checked[name] = formed
    return checked

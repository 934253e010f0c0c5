"""Items with only some of their attributes."""

from collections.abc import Sequence

import orjson


def with_fields(attributes: bytes, fields: Sequence[str]) -> bytes:
    """An item's attributes without those that nobody asked for.

    Args:
        attributes: a JSON object in UTF-8, as it is stored.
        fields: names as they are stored; those that the item lacks are left out.

    Returns:
        A JSON object in UTF-8, with its members in the order of `fields`.
    """
    if not fields:
        return b"{}"
    stored = orjson.loads(attributes)
    return orjson.dumps({field: stored[field] for field in fields if field in stored})

"""How many attributes an item may have, and how long they may be, where items are changed one by one or by a feed."""

import re
from collections.abc import Mapping
from typing import Final

from contracts.errors import AttributesError

MOST_COLUMNS: Final = 10_000  # of a whole catalogue; no index is opened that has more
MOST_COLUMNS_OF_ITEM: Final = 256
MOST_NAME_BYTES: Final = 256
MOST_VALUE_BYTES: Final = 32 * 1024
MOST_ITEM_BYTES: Final = 128 * 1024
# The same for a feed, whose rows are looked at faster by characters; too many bytes are refused where they are stored.
MAX_ATTRIBUTES: Final = MOST_COLUMNS_OF_ITEM
MAX_NAME_CHARACTERS: Final = MOST_NAME_BYTES
MAX_VALUE_CHARACTERS: Final = MOST_VALUE_BYTES
MAX_CHARACTERS: Final = MOST_ITEM_BYTES
# A database stores no NUL, and half a surrogate pair is no text.
_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")


def check_attributes(attributes: Mapping[str, str]) -> None:
    """Refuse attributes that are not stored.

    Args:
        attributes: in one form, see `contracts.items.present_attributes`.

    Raises:
        AttributesError: there are too many, one is too long or has no name, or a text holds NUL or half of a surrogate
            pair; the message names the attribute and the limit.
    """
    if len(attributes) > MOST_COLUMNS_OF_ITEM:
        raise AttributesError(f"an item has at most {MOST_COLUMNS_OF_ITEM} attributes, not {len(attributes):,}")
    total = 0
    for name, value in attributes.items():
        if not name:
            raise AttributesError("an attribute has no name; name it, or leave it out")
        name_bytes = _checked_bytes(name, "the name of an attribute")
        if name_bytes > MOST_NAME_BYTES:
            raise AttributesError(
                f"an attribute's name takes at most {MOST_NAME_BYTES} bytes of UTF-8, not {name_bytes:,}: {name!r:.60}"
            )
        value_bytes = _checked_bytes(value, f"the value of {name!r:.100}")
        if value_bytes > MOST_VALUE_BYTES:
            raise AttributesError(
                f"the value of {name!r:.100} takes {value_bytes:,} bytes of UTF-8; at most {MOST_VALUE_BYTES:,} are "
                "stored"
            )
        total += name_bytes + value_bytes
    if total > MOST_ITEM_BYTES:
        raise AttributesError(
            f"the attributes of an item take at most {MOST_ITEM_BYTES:,} bytes of UTF-8 together, not {total:,}"
        )


def _checked_bytes(text: str, what: str) -> int:
    if "\x00" in text:
        raise AttributesError(f"{what} holds the character NUL; remove it")
    try:
        return len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        raise AttributesError(f"{what} holds half of a surrogate pair, which is no text; correct it") from None


def attributes_problem(attributes: Mapping[str, str]) -> str | None:
    """What is wrong with an item's attributes, and what to do about it; None if they can be stored.

    Args:
        attributes: name -> value, in one form, without empty values.
    """
    if len(attributes) > MAX_ATTRIBUTES:
        return f"has {len(attributes):,} attributes, over {MAX_ATTRIBUTES}; leave some out"
    names, values = "".join(attributes), "".join(attributes.values())
    characters = len(names) + len(values)
    # Most items need no look at each value.
    if characters > MAX_NAME_CHARACTERS:
        for name, value in attributes.items():
            if len(name) > MAX_NAME_CHARACTERS:
                return f"has an attribute whose name {name!r:.60} has over {MAX_NAME_CHARACTERS} characters; shorten it"
            if len(value) > MAX_VALUE_CHARACTERS:
                return (
                    f"has the value of {name!r:.60} with {len(value):,} characters, over {MAX_VALUE_CHARACTERS:,}; "
                    "shorten it or leave it out"
                )
        if characters > MAX_CHARACTERS:
            return f"has attributes of {characters:,} characters together, over {MAX_CHARACTERS:,}; leave some out"
    if "" in attributes:
        return "has an attribute without a name; name it or leave it out"
    if _NO_TEXT.search(names) or _NO_TEXT.search(values):
        return "has a NUL or half a surrogate pair in an attribute, which is no text; remove it"
    return None

"""How many attributes an item may have, and how long they may be, where items are changed one by one or by a feed."""

from collections.abc import Mapping
from typing import Final

from contracts.errors import AttributesError

MOST_COLUMNS: Final = 10_000  # of a whole catalogue; no index is opened that has more
MOST_COLUMNS_OF_ITEM: Final = 256
MOST_NAME_BYTES: Final = 256
MOST_VALUE_BYTES: Final = 32 * 1024
MOST_ITEM_BYTES: Final = 128 * 1024


def check_attributes(attributes: Mapping[str, str]) -> None:
    """Refuse attributes that are not stored.

    Args:
        attributes: in one form, see `contracts.items.present_attributes`.

    Raises:
        AttributesError: there are too many, one is too long or has no name, or a text holds NUL or half of a surrogate
            pair; the message names the attribute and the limit.
    """
    if _are_plain(attributes):
        return
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


def _are_plain(attributes: Mapping[str, str]) -> bool:
    """Whether attributes are within the limits at a glance, as nearly all are: an import asks for every row."""
    text = "".join((*attributes, *attributes.values()))
    return (
        "" not in attributes
        and len(attributes) <= MOST_COLUMNS_OF_ITEM
        and len(text) <= MOST_VALUE_BYTES
        and text.isascii()
        and "\x00" not in text
        and max(map(len, attributes), default=0) <= MOST_NAME_BYTES
    )


def _checked_bytes(text: str, what: str) -> int:
    if "\x00" in text:
        raise AttributesError(f"{what} holds the character NUL; remove it")
    try:
        return len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        raise AttributesError(f"{what} holds half of a surrogate pair, which is no text; correct it") from None

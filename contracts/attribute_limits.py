"""How many attributes an item may have, and how long they may be, wherever they come from."""

import re
from collections.abc import Mapping
from typing import Final

MAX_ATTRIBUTES: Final = 500
MAX_NAME_CHARACTERS: Final = 256
# A description has a few thousand. A longer value is a picture or a whole page, which no answer should carry.
MAX_VALUE_CHARACTERS: Final = 65_536
MAX_CHARACTERS: Final = 262_144
"""Of all names and values of an item together."""
# A database stores no NUL, and half a surrogate pair is no text.
_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")


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

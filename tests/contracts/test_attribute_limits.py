"""Attributes that are stored, and those just beyond each limit."""

import pytest

from contracts.attribute_limits import (
    MOST_COLUMNS_OF_ITEM,
    MOST_ITEM_BYTES,
    MOST_NAME_BYTES,
    MOST_VALUE_BYTES,
    check_attributes,
)
from contracts.errors import AttributesError

_FULL = {f"{number}": "x" * (MOST_VALUE_BYTES - 1) for number in range(MOST_ITEM_BYTES // MOST_VALUE_BYTES)}


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"title": "Blue shirt", "colour": "Écru", "note": ""},
        {str(number): "x" for number in range(MOST_COLUMNS_OF_ITEM)},
        {"n" * MOST_NAME_BYTES: "x"},
        {"n": "x" * MOST_VALUE_BYTES},
        {"n": "é" * (MOST_VALUE_BYTES // 2)},
        _FULL,
    ],
    ids=["none", "usual", "most columns", "longest name", "longest value", "longest in UTF-8", "most together"],
)
def test_what_is_stored(attributes: dict[str, str]) -> None:
    check_attributes(attributes)


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ({str(number): "x" for number in range(MOST_COLUMNS_OF_ITEM + 1)}, "at most 256 attributes, not 257"),
        ({"n" * (MOST_NAME_BYTES + 1): "x"}, "at most 256 bytes of UTF-8, not 257"),
        ({"é" * (MOST_NAME_BYTES // 2 + 1): "x"}, "at most 256 bytes of UTF-8, not 258"),
        ({"n": "x" * (MOST_VALUE_BYTES + 1)}, "the value of 'n' takes 32,769 bytes"),
        ({"n": "é" * (MOST_VALUE_BYTES // 2) + "x"}, "the value of 'n' takes 32,769 bytes"),
        ({**_FULL, "last": "x"}, "together"),
        ({"": "x"}, "has no name"),
        ({"n": "a\x00"}, "the value of 'n' holds the character NUL"),
        ({"a\x00": "n"}, "the name of an attribute holds the character NUL"),
        ({"n": "\ud800"}, "half of a surrogate pair"),
    ],
    ids=[
        "columns",
        "name",
        "UTF-8 name",
        "value",
        "UTF-8 value",
        "together",
        "no name",
        "NUL",
        "NUL name",
        "surrogate",
    ],
)
def test_what_is_refused(attributes: dict[str, str], says: str) -> None:
    with pytest.raises(AttributesError, match=says):
        check_attributes(attributes)

"""A part describes its columns and their values."""

import pytest

from index.part import Part
from tests.engines.contract.contents import NASTY
from tests.engines.contract.oracle import Oracle, begins

PREFIXES = (
    "",
    "s",
    "SHIRT 1",
    "shirt 10",
    "É",
    "e",
    "SS",
    "ß",
    "i",
    "İ",
    "%",
    "_",
    "'",
    "\\",
    "200",
    "x" * 99,
    " b",
    "Z",
)


def test_columns_in_the_order_of_their_first_appearance(part: Part, oracle: Oracle) -> None:
    assert [(field, kind.name) for field, kind in part.kinds.items()] == oracle.kinds()
    assert {field: kind.settings() for field, kind in part.kinds.items()} == {
        field: oracle.content.kinds[field].settings() for field, _ in oracle.kinds()
    }
    assert dict(part.first_places()) == oracle.first_places()


def test_descriptions(part: Part, oracle: Oracle) -> None:
    for found, expected in zip(part.describe(), oracle.describe(), strict=True):
        assert (list(found.values), list(found.counts)) == (expected.values, expected.counts), found.name
        assert found == expected


@pytest.mark.parametrize("field", ["title", "colour", "year", "sizes", "late", "once", NASTY])
def test_values_by_their_beginning(part: Part, oracle: Oracle, field: str) -> None:
    counts = oracle.counted(field, oracle.numbers)
    for prefix in PREFIXES:
        expected = [(value, count) for value, count in counts if begins(value, prefix)]
        assert list(part.find_values(field, prefix).items()) == expected, prefix
        for most in (1, 3):
            assert list(part.find_values(field, prefix, most).items()) == expected[:most]
        also = [value for value, _ in expected[4:7]] + ["Nothing like it" + prefix]
        found = list(part.find_values(field, prefix, 2, also).items())
        assert found[:2] == expected[:2]
        assert sorted(found[2:]) == sorted(expected[4:7])


def test_known_values(part: Part, oracle: Oracle) -> None:
    for field, _ in oracle.kinds():
        values = {value for number in oracle.numbers for value in oracle.named(field, number)}
        for value in sorted(values)[:3]:
            assert part.has_value(field, value)
        for value in ("Other", "call us", "S|M|", "%", "\x00", "\ud800"):
            assert part.has_value(field, value) == (value in values)
        assert part.not_a_number(field) == oracle.not_a_number(field), field
    # Columns that it lacks: of another part, or of none.
    assert not part.has_value("no such column", "a")
    assert part.not_a_number("no such column") is None
    assert part.find_values("no such column", "") == {}

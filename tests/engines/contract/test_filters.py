"""Conditions of every kind on columns of every kind select the right items."""

from collections.abc import Sequence

import numpy as np
import pytest

from contracts.text_form import one_form
from index.columns.fields import Fields, FieldTest
from index.columns.registry import kind_named
from index.conditions import Condition
from index.part import Candidates, Part
from tests.engines.contract.contents import CODE, NASTY
from tests.engines.contract.oracle import Oracle

CONDITIONS: list[tuple[str, ...]] = [
    ("colour", "Black"),
    ("colour", "Black", "Navy, Blue", "nothing"),
    ("colour", "black"),
    ("colour", "%"),
    ("colour", "écru", "İ"),
    ("title", "Shirt 1", "Shirt 40", "Shirt 99"),
    ("year", "2007"),
    ("year", "2007.0", "2019"),
    ("year", "2007..2007"),
    ("year", "..0"),
    ("year", "1000..", "+7"),
    ("year", ".5..7", "5..8", "-3"),
    ("year", "1e3..1e3"),
    ("year", "..1e308"),
    ("price", "1299.20..2000"),
    ("price", "1,299.20 EUR"),
    ("price", "..1e6"),
    ("price", "call us"),
    ("sizes", "M"),
    ("sizes", "XL", "nothing"),
    ("sizes", "M|S"),
    ("sizes", "'", "%"),
    ("mixed", "1..2", "7"),
    ("late", "l1"),
    ("once", "only here"),
    ("once", "nothing"),
    ("c0", "0"),
    ("id", "'"),
    ("number", "n1", "n2"),
    ("NULL", "NULL"),
    *((NASTY, text) for text in CODE),
    # As a request asks for what is stored in another form.
    (NASTY, "é"),
    ("colour", "\x00"),
    ("colour", "\ud800"),
    ("colour", *(f"value {number}" for number in range(99)), "White"),
]


def read(part: Part, *conditions: Sequence[str]) -> list[FieldTest]:
    asked = [Condition(field, tuple(values)) for field, *values in conditions]
    return Fields(part.kinds, part).tests(asked)


def check(part: Part, candidates: Candidates, expected: list[int], everything: list[int]) -> None:
    assert candidates.numbers().tolist() == expected
    assert candidates.count == len(expected)
    assert np.flatnonzero(candidates.mask()).tolist() == np.searchsorted(everything, expected).tolist()
    assert candidates.mask().shape == (len(everything),)
    assert candidates.page(3, 7).tolist() == expected[3:10]
    assert part.numbers_at(np.flatnonzero(candidates.mask())).tolist() == expected


def test_conditions_that_are_needed(part: Part, oracle: Oracle) -> None:
    for condition in CONDITIONS:
        passing = oracle.passing([Condition(condition[0], condition[1:])])
        assert part.candidates(read(part, condition), ()).numbers().tolist() == passing, condition


def test_items_without_the_field_pass_an_exclusion(part: Part, oracle: Oracle) -> None:
    for condition in CONDITIONS:
        passing = oracle.passing((), [Condition(condition[0], condition[1:])])
        assert part.candidates((), read(part, condition)).numbers().tolist() == passing, condition


def test_candidates_in_every_form(part: Part, oracle: Oracle) -> None:
    for condition in (("colour", "Black"), ("once", "only here"), ("once", "nothing"), ("sizes", "M", "S")):
        asked = [Condition(condition[0], condition[1:])]
        check(part, part.candidates(read(part, condition), ()), oracle.passing(asked), oracle.numbers)
        check(part, part.candidates((), read(part, condition)), oracle.passing((), asked), oracle.numbers)


def test_some_condition_matches(oracle: Oracle) -> None:
    """The cases above would prove little if nothing passed them."""
    found = [len(oracle.passing([Condition(field, tuple(values))])) for field, *values in CONDITIONS]
    assert sum(0 < count < len(oracle.numbers) for count in found) > 35


@pytest.mark.parametrize(
    ("needed", "unwanted"),
    [
        ([("colour", "Black"), ("year", "2000..")], []),
        ([("colour", "Black"), ("colour", "White", "Black")], []),
        ([("colour", "Black"), ("colour", "White")], []),
        ([], [("colour", "Black"), ("late", "l1"), ("sizes", "S")]),
        ([("sizes", "M")], [("sizes", "S")]),
        ([("year", "..2010"), ("price", "1000..2500")], [("mixed", "1..2"), (NASTY, "_", "100%")]),
        ([("year", "..2010")], [("year", "2007..2007"), ("year", ".5")]),
    ],
)
def test_several_conditions(
    part: Part, oracle: Oracle, needed: list[tuple[str, ...]], unwanted: list[tuple[str, ...]]
) -> None:
    asked, refused = ([Condition(field, tuple(values)) for field, *values in each] for each in (needed, unwanted))
    for excluded in (None, oracle.numbers[13], 3, 2**62, -1):
        found = part.candidates(read(part, *needed), read(part, *unwanted), excluded)
        check(part, found, oracle.passing(asked, refused, excluded), oracle.numbers)


def test_an_excluded_item(part: Part, oracle: Oracle) -> None:
    for excluded in (oracle.numbers[0], oracle.numbers[-1]):
        check(part, part.candidates((), (), excluded), oracle.passing((), (), excluded), oracle.numbers)
    # One of another part, or of none.
    for excluded in (0, 2**62, -1):
        check(part, part.candidates((), (), excluded), oracle.numbers, oracle.numbers)


def test_columns_that_the_part_lacks(part: Part, oracle: Oracle) -> None:
    test = FieldTest("of another part", kind_named("text").parse(["a"]))
    assert part.candidates([test], ()).count == 0
    assert part.candidates([test], ()).numbers().tolist() == []
    check(part, part.candidates((), [test]), oracle.numbers, oracle.numbers)
    everything = part.candidates((), ())
    some = everything.numbers()[:5]
    assert everything.count_values("of another part") == {}
    assert everything.values("of another part", some) == [None] * 5
    assert everything.groups("of another part", some).tolist() == [-1] * 5
    assert everything.count_groups("of another part") == len(part)


@pytest.mark.parametrize("field", ["year", "price", "sizes", "colour"])
def test_a_column_that_is_text_in_another_part(part: Part, oracle: Oracle, field: str) -> None:
    """Then it is text in all of them, and whole values are compared as they are stored."""
    texts = sorted({text for number in oracle.numbers if (text := oracle.value(field, number)) is not None})
    for asked in ([texts[0]], [texts[-1], "1..2"], ["2007..2008"], ["M"]):
        test = FieldTest(field, kind_named("text").parse(asked))
        values = {number: oracle.value(field, number) for number in oracle.numbers}
        passing = [number for number, text in values.items() if text and {text, one_form(text)}.intersection(asked)]
        check(part, part.candidates([test], ()), passing, oracle.numbers)
        others = [number for number in oracle.numbers if number not in passing]
        check(part, part.candidates((), [test]), others, oracle.numbers)

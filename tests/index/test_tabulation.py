"""Items as columns: kinds that are recognised or declared, values that do not fit, and lists."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import BundleError, FilterError
from contracts.items import Item
from index.attributes import AttributeTable
from index.columns.list_members import split_list
from index.columns.prefix_search import beginning_with
from index.columns.registry import KINDS
from index.selection import Selection
from index.tabulation import AttributeProblem, tabulate_attributes
from tests.index.searched_rows import select, table_of

LISTS = st.lists(st.sampled_from(["S|M|L", "M", "M | M", "|", "XL|S", "é|M", "L"]), min_size=1, max_size=20)


def items_of(column: str, values: list[str]) -> list[Item]:
    return [Item(f"i{row}", f"{row}.jpg", {column: value}) for row, value in enumerate(values)]


def test_carried_kinds_are_taken_as_they_are() -> None:
    prices = tabulate_attributes(items_of("price", ["19,99 EUR", "5,50 EUR", "1.120,00 EUR"])).columns[0].kind
    items = [
        Item("a", "a.jpg", {"price": "1.120", "note": "x"}),
        Item("b", "b.jpg", {"size": "7", "price": "5,50 EUR"}),
        Item("c", "c.jpg", {"gone": "S"}),
    ]
    tabulated = tabulate_attributes(items, carried={"price": prices, "gone": prices, "size": KINDS["text"]})
    # In the order of the first value that counts; a column without any does not exist.
    assert [column.name for column in tabulated.columns] == ["note", "size", "price"]
    assert tabulated.columns[2].kind is prices
    assert tabulated.columns[1].kind.name == "text"
    assert tabulated.codes.tolist() == [[0, -1, -1], [-1, 0, -1], [-1, 0, -1]]
    assert [(problem.item, problem.value) for problem in tabulated.problems] == [("a", "1.120"), ("c", "S")]


def rows(table: AttributeTable, *filters: str) -> list[int]:
    selected = select(table, list(filters), [])
    assert selected is not None
    return [int(row) for row in selected.as_rows()]


def test_one_odd_price_among_many_is_listed_and_counts_as_missing() -> None:
    prices = [*map(str, range(300)), "on request", "TBD"]
    tabulated = tabulate_attributes(items_of("price", prices))
    assert tabulated.columns[0].kind.name == "number"
    assert tabulated.problems == (
        AttributeProblem("i300", "price", "on request"),
        AttributeProblem("i301", "price", "TBD"),
    )
    table = table_of(items_of("price", prices))
    assert rows(table, "price:100..200") == list(range(100, 201))
    assert rows(table, "price:on request") == []
    assert table.columns["price"].kind.describe(table.columns["price"], 302).missing == 2


def test_prices_in_a_currency_have_ranges() -> None:
    table = table_of(items_of("price", ["19,99 EUR", "5,50 EUR", "1.120,00 EUR"]))
    assert rows(table, "price:10..2000") == [0, 2]
    assert rows(table, r"price:5\,50 EUR") == [1]


@pytest.mark.parametrize(
    ("kind", "values", "held"),
    [("number", ["1", "2", "a", "b", "c"], ["1", "2"]), ("text", ["1", "2"], ["1", "2"]), ("list", ["|", "a"], ["a"])],
)
def test_a_declared_kind_decides(kind: str, values: list[str], held: list[str]) -> None:
    tabulated = tabulate_attributes(items_of("a", values), {"a": kind})
    assert tabulated.columns[0].kind.name == kind
    assert tabulated.columns[0].values == held
    assert [problem.value for problem in tabulated.problems] == [value for value in values if value not in held]


def test_declarations_that_cannot_be_are_refused() -> None:
    with pytest.raises(BundleError, match="no item has a value of the column 'prize'; the columns are: price"):
        tabulate_attributes(items_of("price", ["1"]), {"prize": "number"})
    with pytest.raises(BundleError, match="'price' cannot be a number column: none of its values is a number"):
        tabulate_attributes(items_of("price", ["a"]), {"price": "number"})


def test_a_range_on_text_is_refused_and_names_a_value_that_is_no_number() -> None:
    table = table_of(items_of("year", ["2010", "2011", "unknown", "soon"]))
    for condition in ("year:2010..2011", "year:..3", "year:soon,2..", "year:-1.5..2e3"):
        with pytest.raises(FilterError, match=r"is a range, but 'year' is a text column.*'soon' is a value of it"):
            select(table, [condition], [])
        with pytest.raises(FilterError, match="is a range"):
            select(table, [], [condition])
    for condition in ("year:1999", "year:...", "year:a..b", "year:..", "year:2010..b"):
        assert rows(table, condition) == []
    declared = table_of(items_of("year", ["2010", "1..2"]), {"year": "text"})
    assert rows(declared, "year:1..2") == [1]
    with pytest.raises(FilterError, match=r"'1\.\.2' is a value of it"):
        select(declared, ["year:1..3"], [])
    lists = table_of(items_of("sizes", ["1|2"]), {"sizes": "list"})
    with pytest.raises(FilterError, match="'sizes' is a list column"):
        select(lists, ["sizes:1..3"], [])


@given(LISTS, st.sampled_from(["S", "M", "XL", "none", "S|M|L"]), st.booleans())
@settings(deadline=None)
def test_lists_match_and_count_as_a_slow_reading_does(cells: list[str], asked: str, few: bool) -> None:
    table = table_of(items_of("sizes", cells), {"sizes": "list"})
    members = [split_list(cell) for cell in cells]
    expected = [row for row, held in enumerate(members) if asked in held]
    assert rows(table, f"sizes:{asked}") == expected
    chosen = np.arange(0, len(cells), 2)
    mask = np.zeros(len(cells), np.bool_)
    mask[chosen] = True
    selected = Selection(len(cells), rows=chosen) if few else Selection.where(mask)
    counts = {name: sum(name in members[row] for row in chosen) for held in members for name in held}
    assert table.count_values("sizes", selected) == {name: count for name, count in counts.items() if count}
    found = table.find_values("sizes", "")
    assert found == {name: sum(name in held for held in members) for name in found}
    assert list(found.values()) == sorted(found.values(), reverse=True)


WORDS = st.text(st.sampled_from("aAbBßéÉs "), max_size=4)


@given(st.sets(WORDS, max_size=30), WORDS)
@settings(deadline=None)
def test_values_are_found_by_their_beginning_in_any_case(words: set[str], prefix: str) -> None:
    values = sorted(words)
    prefix = prefix.lstrip()

    def alike(letter: str, other: str) -> bool:
        return other in {letter, letter.lower(), letter.upper()}

    expected = [
        place
        for place, value in enumerate(values)
        if len(value) >= len(prefix) and all(alike(*pair) for pair in zip(prefix, value, strict=False))
    ]
    if "ß" not in prefix:
        assert beginning_with(values, prefix).tolist() == expected
    assert set(expected) <= set(beginning_with(values, prefix).tolist())

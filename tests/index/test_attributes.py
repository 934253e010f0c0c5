import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.errors import FilterError
from contracts.items import Item
from index.attributes import AttributeTable
from index.columns.column import Column
from index.columns.fields import Fields
from index.columns.registry import KINDS
from index.conditions import escaped, parse_condition
from index.grouping import first_of_groups, number_groups, present_groups
from tests.index.searched_rows import select, table_of

WORDS = st.sampled_from(["Black", "black", "Navy Blue", "a,b", "c:d", "e\\f", "2010", "1..2", "é"])
NUMBERS = st.sampled_from(["1", "2", "2.0", "-3", "10", "1e1", "007"])
ROWS = st.lists(
    st.fixed_dictionaries({}, optional={"colour": WORDS, "year": NUMBERS, "a:b,c": WORDS}), min_size=1, max_size=30
)


def table(rows: list[dict[str, str]]) -> AttributeTable:
    items = [Item(str(n), f"{n}.jpg", row) for n, row in enumerate(rows)]
    texts = {name for row in rows for name in row} & {"colour", "a:b,c"}
    return table_of(items, dict.fromkeys(texts, "text"))


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, str, list[tuple[str, float, float]]]:
    """A condition's text, its field, and its values as (exact text, low, high)."""
    field = draw(st.sampled_from(["colour", "year", "a:b,c"]))
    texts = draw(st.lists(NUMBERS if field == "year" else WORDS, min_size=1, max_size=3))
    options: list[tuple[str, float, float]] = [(text, np.nan, np.nan) for text in texts]
    if field == "year" and draw(st.booleans()):
        low, high = sorted(draw(st.tuples(st.integers(-5, 12), st.integers(-5, 12))))
        form = draw(st.sampled_from(["both", "low", "high"]))
        text = {"both": f"{low}..{high}", "low": f"{low}..", "high": f"..{high}"}[form]
        options.append((text, -np.inf if form == "high" else low, np.inf if form == "low" else high))
    return f"{escaped(field)}:{','.join(escaped(text) for text, _, _ in options)}", field, options


def slowly_holds(row: dict[str, str], field: str, options: list[tuple[str, float, float]]) -> bool:
    if field not in row:
        return False
    return any(
        row[field] == text or (field == "year" and low <= float(row[field]) <= high) for text, low, high in options
    )


@given(ROWS, st.lists(conditions(), max_size=3), st.lists(conditions(), max_size=2))
@settings(max_examples=400, deadline=None)
def test_mask_equals_a_slow_reading_row_by_row(
    rows: list[dict[str, str]],
    filters: list[tuple[str, str, list[tuple[str, float, float]]]],
    excludes: list[tuple[str, str, list[tuple[str, float, float]]]],
) -> None:
    attributes = table(rows)
    if any(field not in attributes.columns for _, field, _ in filters + excludes):
        with pytest.raises(FilterError, match=r"unknown field|is a range"):
            select(attributes, [text for text, _, _ in filters], [text for text, _, _ in excludes])
        return
    if any(
        text == "1..2" and field != "year" and all(row.get(field) != text for row in rows)
        for _, field, options in filters + excludes
        for text, _, _ in options
    ):
        with pytest.raises(FilterError, match=r"'1\.\.2' is a range"):
            select(attributes, [text for text, _, _ in filters], [text for text, _, _ in excludes])
        return
    mask = select(attributes, [text for text, _, _ in filters], [text for text, _, _ in excludes])
    if not filters and not excludes:
        assert mask is None
        return
    expected = [
        all(slowly_holds(row, field, options) for _, field, options in filters)
        and not any(slowly_holds(row, field, options) for _, field, options in excludes)
        for row in rows
    ]
    assert mask is not None
    assert mask.count == sum(expected)
    assert mask.as_mask().tolist() == expected


@given(ROWS)
@settings(deadline=None)
def test_columns_count_what_the_items_hold(rows: list[dict[str, str]]) -> None:
    for column in table(rows).columns.values():
        held = [row[column.name] for row in rows if column.name in row]
        assert dict(zip(column.values, column.counts, strict=True)) == {value: held.count(value) for value in held}
        assert column.values == sorted(set(held))
        assert column.kind.name == ("number" if column.name == "year" else "text")


def test_fields_keep_the_order_in_which_items_show_them() -> None:
    assert list(table([{"b": "1"}, {"a": "1", "b": "2"}]).columns) == ["b", "a"]


def test_a_range_on_a_text_column_is_plain_text() -> None:
    attributes = table([{"size": "1..2"}, {"size": "1"}, {"size": "S"}])
    mask = select(attributes, ["size:1..2"], [])
    assert mask is not None
    assert mask.as_mask().tolist() == [True, False, False]


def test_a_malformed_range_on_a_number_column_is_refused() -> None:
    with pytest.raises(FilterError, match=r"'x\.\.3' is not two numbers.*year:2010\.\.2012"):
        select(table([{"year": "2010"}]), ["year:x..3"], [])


def test_an_unknown_value_matches_nothing_and_excludes_nothing() -> None:
    attributes = table([{"colour": "Black"}, {}])
    for filters, excludes, expected in ((["colour:black"], [], [False, False]), ([], ["colour:black"], [True, True])):
        mask = select(attributes, filters, excludes)
        assert mask is not None
        assert mask.as_mask().tolist() == expected


def test_items_without_the_field_fail_a_filter_and_pass_an_exclusion() -> None:
    attributes = table([{"colour": "Black"}, {"year": "1"}])
    filtered, kept = select(attributes, ["colour:Black"], []), select(attributes, [], ["colour:Black"])
    assert filtered is not None
    assert kept is not None
    assert filtered.as_mask().tolist() == [True, False]
    assert kept.as_mask().tolist() == [False, True]


def test_an_unknown_field_lists_the_fields() -> None:
    with pytest.raises(FilterError, match="unknown field 'color'; the fields are: colour, year"):
        select(table([{"colour": "Black", "year": "1"}]), ["color:Black"], [])
    with pytest.raises(FilterError, match="no attributes"):
        select(table([{}]), [], ["colour:Black"])
    with pytest.raises(FilterError, match=r"f99 and 50 more$"):
        select(table([{f"f{n}": "1" for n in range(150)}]), ["g:1"], [])


LARGE = 4_000


@pytest.fixture(scope="module")
def many() -> tuple[list[dict[str, str]], AttributeTable]:
    """Values from common to unique; every fifth item lacks the number."""
    generator = np.random.default_rng(4)
    rows = [
        {"unique": str(row), "rare": f"r{row % 500}", "common": f"c{row % 3}", "shy": f"s{min(3, row % 90)}"}
        | ({"number": str(int(generator.integers(0, 1000)))} if row % 5 else {})
        for row in range(LARGE)
    ]
    return rows, table(rows)


@pytest.mark.parametrize(
    ("filters", "excludes"),
    [
        (["unique:17"], []),
        (["unique:17,3000,2"], ["common:c2"]),
        (["rare:r7,r8", "common:c1"], []),
        (["rare:r7", "number:..500"], ["shy:s0,s1"]),
        (["number:3..9"], []),
        (["number:..900"], ["rare:r1"]),
        (["common:c0,c1"], ["unique:1,2,3"]),
        (["shy:s0,s2", "common:c0"], ["number:0..1000"]),
        (["rare:there is none"], []),
        ([], ["common:c0,c1,c2"]),
    ],
)
def test_few_and_many_items_are_selected_alike(
    many: tuple[list[dict[str, str]], AttributeTable], filters: list[str], excludes: list[str]
) -> None:
    rows, attributes = many

    def holds(row: dict[str, str], text: str) -> bool:
        field, values = text.split(":")
        if field not in row:
            return False
        for value in values.split(","):
            low, dots, high = value.partition("..")
            if dots and float(low or -1) <= float(row[field]) <= float(high or 1e9):
                return True
            if row[field] == value:
                return True
        return False

    expected = [
        number
        for number, row in enumerate(rows)
        if all(holds(row, text) for text in filters) and not any(holds(row, text) for text in excludes)
    ]
    selected = select(attributes, filters, excludes)
    assert selected is not None
    assert selected.as_rows().tolist() == expected
    assert np.flatnonzero(selected.as_mask()).tolist() == expected
    assert selected.count == len(expected)
    for field in ("common", "number", "unique"):
        counted = attributes.count_values(field, selected)
        values = [rows[row][field] for row in expected if field in rows[row]]
        assert counted == {value: values.count(value) for value in set(values)}
        assert list(counted.values()) == sorted(counted.values(), reverse=True)


def test_values_of_all_items_are_counted(many: tuple[list[dict[str, str]], AttributeTable]) -> None:
    _, attributes = many
    assert attributes.count_values("common", None) == {"c0": 1334, "c1": 1333, "c2": 1333}
    assert attributes.count_values("common", None, most=1) == {"c0": 1334}


def test_a_field_that_no_item_has_is_no_items_value(many: tuple[list[dict[str, str]], AttributeTable]) -> None:
    _, attributes = many
    tests = Fields({"nothing": KINDS["text"]}, attributes).tests([parse_condition("nothing:a")])
    assert attributes.count_values("nothing", None) == {}
    assert (attributes.codes("nothing") == -1).all()
    passing, left = attributes.select(tests, []), attributes.select([], tests)
    assert passing is not None
    assert left is not None
    assert (passing.count, left.count) == (0, LARGE)


def test_groups_are_counted_and_their_first_items_named() -> None:
    groups = np.array([3, -1, 3, 0, -1, 0, 7], np.int32)
    assert first_of_groups(groups).tolist() == [0, 1, 3, 4, 6]
    assert first_of_groups(groups[:0]).tolist() == []
    for rows, expected, alone in (([*range(7)], [0, 3, 7], 2), ([0, 2, 4], [3], 1), ([0, 2], [3], 0), ([], [], 0)):
        present, lonely = present_groups(groups[np.array(rows, np.int64)])
        assert (present.tolist(), lonely) == (expected, alone)
    assert number_groups(["a", None, "b", "a"]).tolist() == [0, -1, 1, 0]
    assert number_groups([]).dtype == np.int32


def test_postings_that_do_not_fit_are_refused() -> None:
    column = Column("colour", KINDS["text"], ["Black"], [2])
    codes = np.array([[0, 0]], np.int32)
    for wrong in ([[0, 2]], [[-1, 0]]):
        with pytest.raises(ValueError, match="postings"):
            AttributeTable([column], codes, np.array(wrong, np.int32))
    with pytest.raises(ValueError, match="one shape"):
        AttributeTable([column], codes, np.array([[0]], np.int32))
    with pytest.raises(ValueError, match="counts"):
        AttributeTable([Column("colour", KINDS["text"], ["Black"], [3])], codes, codes)


def test_codes_that_point_at_no_value_are_refused() -> None:
    column = Column("colour", KINDS["text"], ["Black"], [1])
    for codes in ([[0, 1]], [[-2, 0]]):
        with pytest.raises(ValueError, match="points at no value"):
            AttributeTable([column], np.array(codes, np.int32), np.array([[0, 1]], np.int32))
    for wrong in (np.zeros((1, 2)), np.zeros((2, 2), np.int32), np.zeros(2, np.int32)):
        with pytest.raises(ValueError, match="codes must be"):
            AttributeTable([column], wrong, wrong)  # type: ignore[arg-type]

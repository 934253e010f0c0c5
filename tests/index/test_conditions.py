import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contracts.errors import FilterError
from contracts.text_form import one_form
from index.columns.number import NumberRange, parse_range
from index.columns.number_style import parse_number
from index.conditions import Condition, escaped, parse_condition, parse_fields

TEXT = st.text(st.sampled_from(r"ab,:\. é") | st.characters(), min_size=1, max_size=8).map(one_form).filter(bool)


@given(TEXT, st.lists(TEXT, min_size=1, max_size=4))
@example(",", [":", "\\", ",", "a"])
@settings(deadline=None)
def test_what_is_escaped_is_read_back(field: str, values: list[str]) -> None:
    text = f"{escaped(field)}:{','.join(map(escaped, values))}"
    assert parse_condition(text) == Condition(field, tuple(values))
    assert parse_fields(",".join(map(escaped, values))) == tuple(dict.fromkeys(values))


@given(st.text(st.sampled_from(r"ab,:\.1"), max_size=12))
@settings(deadline=None)
def test_any_text_is_read_or_refused_with_the_right_form(text: str) -> None:
    try:
        condition = parse_condition(text)
    except FilterError:
        with pytest.raises(FilterError, match="write field:value"):
            parse_condition(text)
        return
    assert condition.field
    assert all(condition.values)
    # Written with every escape, it means the same.
    again = f"{escaped(condition.field)}:{','.join(map(escaped, condition.values))}"
    assert parse_condition(again) == condition


@pytest.mark.parametrize(
    ("text", "field", "values"),
    [
        ("colour:Black", "colour", ("Black",)),
        ("colour:Black,Navy Blue", "colour", ("Black", "Navy Blue")),
        (r"title:a\,b,c", "title", ("a,b", "c")),
        ("time:12:30", "time", ("12:30",)),
        (r"a\:b:c", "a:b", ("c",)),
        ("a,b:c", "a,b", ("c",)),
        (r"path:c\\d", "path", (r"c\d",)),
        (r"path:c\\,d", "path", ("c\\", "d")),
        ("colour: black ", "colour", ("black",)),
        (" colour :Black, White,\u00a0Navy Blue\u200b", "colour", ("Black", "White", "Navy Blue")),
        ("colour:E\u0301cru", "colour", ("\u00c9cru",)),
        ("gro\u0308\u00dfe:1.. ", "gr\u00f6\u00dfe", ("1..",)),
        ("year:2010..2012", "year", ("2010..2012",)),
    ],
)
def test_examples(text: str, field: str, values: tuple[str, ...]) -> None:
    assert parse_condition(text) == Condition(field, values)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no colon"),
        ("colour", "no colon"),
        (r"colour\:Black", "no colon"),
        (":Black", "empty field"),
        ("colour:", "empty value"),
        ("colour:a,,b", "empty value"),
        ("colour:a,", "empty value"),
        ("colour:a, ", "empty value"),
        (r"colour:a\n", "backslash"),
        ("colour:a\\", "backslash"),
    ],
)
def test_malformed_filters_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(FilterError, match=complaint):
        parse_condition(text)


@pytest.mark.parametrize("text", ["0", "-1", "+1.5", ".5", "5.", "1e3", "-1.5E-3", "007"])
def test_numbers(text: str) -> None:
    assert parse_number(text) == float(text)


@pytest.mark.parametrize(
    "text", ["", "nan", "inf", "-Infinity", "1_000", " 1", "1\n", "1,5", "0x1", "\uff11\uff12", "1e999", "."]
)
def test_no_numbers(text: str) -> None:
    assert parse_number(text) is None


def test_ranges() -> None:
    assert parse_range("1..2.5") == NumberRange(1.0, 2.5)
    assert parse_range("-3..") == NumberRange(-3.0, math.inf)
    assert parse_range("..1e2") == NumberRange(-math.inf, 100.0)
    assert parse_range("5..5") == NumberRange(5.0, 5.0)
    assert parse_range("2010") is None


@pytest.mark.parametrize("text", ["..", "a..b", "1..b", "1..2..3", "nan..", "..inf", "2..1", " 1..2"])
def test_malformed_ranges_are_refused(text: str) -> None:
    with pytest.raises(FilterError, match="range"):
        parse_range(text)

"""How columns write numbers, and where that cannot be told."""

import pytest

from index.columns.number_style import PLAIN, NumberStyle, find_style


@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (["19.99 EUR", "5 EUR", "1299.5 EUR"], [19.99, 5.0, 1299.5]),
        (["19,99", "5,50", "120,00", "7"], [19.99, 5.5, 120.0, 7.0]),
        (["1,299.00", "499.00", "1,234,567"], [1299.0, 499.0, 1234567.0]),
        (["1.299,00", "1.299", "19,99"], [1299.0, 1299.0, 19.99]),
        (["$1,299.00", "$5.00"], [1299.0, 5.0]),
        (["1\u00a0299,00 €", "1 299,00 €", "5,00\u202f€"], [1299.0, 1299.0, 5.0]),
        (["CHF 1'299.50", "CHF 5.00", "CHF 1\u2019000.00"], [1299.5, 5.0, 1000.0]),
        (["-1,299.50", "+5.00"], [-1299.5, 5.0]),
        (["1e3", "2.5"], [1000.0, 2.5]),
    ],
)
def test_a_column_that_agrees_on_one_style_is_read(values: list[str], numbers: list[float]) -> None:
    found = find_style(values, [1] * len(values))
    assert [found.style.parse(value) for value in values] == numbers
    assert (found.parsed, found.ambiguous) == (len(values), False)
    assert NumberStyle.of_json(found.style.to_json()) == found.style


def test_thousands_that_could_be_decimals_are_ambiguous_and_read_as_thousands_where_declared() -> None:
    found = find_style(["1,299", "12,800", "950"], [1, 1, 1])
    assert found.ambiguous
    assert found.style.parse("1,299") == 1299.0


@pytest.mark.parametrize(
    ("values", "parsed"),
    [(["19.99 EUR", "19.99 USD", "20.00 EUR"], 2), (["19.99 EUR", "20.00"], 1), (["19,99", "19.99"], 1)],
)
def test_values_in_another_style_are_not_read(values: list[str], parsed: int) -> None:
    assert find_style(values, [1] * len(values)).parsed == parsed


@pytest.mark.parametrize("value", ["1,29,900", "1,2999.00", "12 EUR EUR", "EUR", "1 2", "1,", ",5", "1.2.3", "9" * 70])
def test_what_no_style_reads(value: str) -> None:
    style = NumberStyle("", "EUR", ".", ",")
    assert style.parse(f"{value} EUR") is None


@pytest.mark.parametrize("values", [["SKU0001", "SKU0002"], ["REF 12", "REF 13"], ["W30", "W32"], ["10 UK", "12 UK"]])
def test_letters_that_are_no_currency_make_no_number(values: list[str]) -> None:
    assert find_style(values, [1, 1]).parsed == 0


def test_plain_numbers_are_preferred() -> None:
    assert find_style(["1.299", "2.499"], [1, 1]).style == PLAIN


@pytest.mark.parametrize("stored", [{"decimal": ";"}, {"decimal": ",", "group": ","}, {"before": 3}, {"colour": "a"}])
def test_a_stored_style_that_is_none_is_refused(stored: dict[str, str]) -> None:
    with pytest.raises((TypeError, ValueError)):
        NumberStyle.of_json(stored)

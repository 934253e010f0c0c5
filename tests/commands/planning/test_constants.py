"""Every figure of a plan stands on the page that it names."""

import re
from pathlib import Path

import pytest

from commands.planning import constants
from commands.planning.constant import Constant

DOCS = Path(__file__).parents[3] / "docs"
UNITS = {"kB": 1e3, "MB": 1e6, "GB": 1e9, "ms": 1e-3, "%": 1e-2, "million": 1e6}


def numbers(text: str) -> list[float]:
    """The numbers of a text, in plain units."""
    found = re.findall(r"(\d[\d,]*(?:\.\d+)?)(?: (%|[A-Za-z]+))?", text)
    plain = [float(digits.replace(",", "")) for digits, _ in found]
    scaled = [float(digits.replace(",", "")) * UNITS[unit] for digits, unit in found if unit in UNITS]
    # `6 to 11 ms`, `1.27 / 1.91 ms`: the unit stands behind the last one.
    shared = [number * scale for unit, scale in UNITS.items() if f" {unit}" in text for number in plain]
    words = {"Half": 0.5, "two": 2.0}
    return [*plain, *scaled, *shared, *(value for word, value in words.items() if word in text)]


@pytest.mark.parametrize("constant", constants.ALL, ids=lambda constant: constant.name)
def test_a_constant_is_what_its_page_says(constant: Constant) -> None:
    page = " ".join((DOCS / constant.page).read_text().split())
    assert constant.quote in page
    assert any(number == pytest.approx(constant.value) for number in numbers(constant.quote)), constant.quote


def test_all_constants_are_listed_once_with_names_of_their_own() -> None:
    defined = [value for value in vars(constants).values() if isinstance(value, Constant)]
    assert sorted(each.name for each in defined) == sorted(each.name for each in constants.ALL)
    assert len({each.name for each in constants.ALL}) == len(constants.ALL)

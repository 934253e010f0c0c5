"""The one form of texts."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.text_form import one_form, one_form_of_id


@pytest.mark.parametrize(
    ("text", "formed"),
    [
        ("Red", "Red"),
        (" Navy Blue\t", "Navy Blue"),
        ("E\u0301cru", "\u00c9cru"),
        ("\u212bngstr\u00f6m", "\u00c5ngstr\u00f6m"),
        ("\u00a0Red\u200b", "Red"),
        ("\ufeff Red \u2060\u3000", "Red"),
        ("a\u200bb", "a\u200bb"),
        ("\u200b", ""),
    ],
)
def test_examples(text: str, formed: str) -> None:
    assert one_form(text) == formed


@pytest.mark.timeout(10)
@pytest.mark.parametrize("text", ["\u0301\u0323" * 50_000, "a" + "\u0301" * 50_000 + "\u0323" * 50_000])
def test_no_text_takes_long(text: str) -> None:
    assert one_form(text) == text
    dashes = "\u2014" * 50 + "e\u0301"
    assert one_form(dashes) == "\u2014" * 50 + "\u00e9"


@given(st.text(max_size=12))
@example(" \u200b \u0301 ")
def test_the_form_is_its_own_form_and_equal_for_both_spellings(text: str) -> None:
    formed = one_form(text)
    assert one_form(formed) == formed
    assert unicodedata.is_normalized("NFC", formed)
    assert formed == formed.strip()
    assert one_form(unicodedata.normalize("NFD", text)) == formed


def test_an_id_with_control_characters_is_none() -> None:
    assert one_form_of_id(" 1\u00a0") == "1"
    assert one_form_of_id("1\n") is None
    assert one_form_of_id("\x85a") is None

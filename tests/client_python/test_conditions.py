"""What the client writes, the service reads as it was meant."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.text_form import one_form
from index.conditions import parse_condition, parse_fields
from lookalike_client import Client, InvalidItemId, NotFound, Range
from lookalike_client.conditions import listed, written
from lookalike_client.item_paths import item_path

# As the service compares texts: in one form, and not empty.
TEXTS = st.text("ab ,:\\.\u00fc\u0308\n", min_size=1, max_size=8).map(one_form).filter(bool)


@given(field=TEXTS, values=st.lists(TEXTS, min_size=1, max_size=5))
def test_texts_survive(field: str, values: list[str]) -> None:
    (text,) = written({field: values})
    condition = parse_condition(text)
    assert (condition.field, condition.values) == (field, tuple(values))


@given(names=st.lists(TEXTS, min_size=1, max_size=5, unique=True))
def test_names_survive(names: list[str]) -> None:
    assert parse_fields(listed(names)) == tuple(names)


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"colour": "Navy Blue"}, ["colour:Navy Blue"]),
        ({"colour": ["Black", "a,b:c\\"]}, ["colour:Black,a\\,b\\:c\\\\"]),
        ({"year": Range(2010, 2012)}, ["year:2010..2012"]),
        ({"price": Range(highest=9.5)}, ["price:..9.5"]),
        ({"price": Range(lowest=0)}, ["price:0.."]),
        ({"size": 42}, ["size:42"]),
        ([("tag", "a"), ("tag", "b")], ["tag:a", "tag:b"]),
        ({}, []),
    ],
)
def test_conditions(conditions: Any, expected: list[str]) -> None:
    assert written(conditions) == expected


def test_a_type_checker_takes_all_kinds_of_values_beside_each_other() -> None:
    assert written({"colour": ["Black", "Red"], "price": Range(1, 2), "size": {42}, "type": "Tee"}) == [
        "colour:Black,Red",
        "price:1..2",
        "size:42",
        "type:Tee",
    ]


def test_conditions_without_a_value() -> None:
    with pytest.raises(ValueError, match="'colour' has no value"):
        written({"colour": []})
    with pytest.raises(ValueError, match="lowest or a highest"):
        Range()


@pytest.mark.parametrize(
    "item_id", ["", "/a", "a/", "a//b", "..", "a/../b", ".", "x/similar", "image", "a\nb", "a" * 513]
)
def test_an_id_that_no_item_can_have_leads_nowhere_else(item_id: str) -> None:
    with pytest.raises(InvalidItemId) as raised:
        item_path(item_id)
    assert isinstance(raised.value, NotFound)
    assert raised.value.code == "unknown_item"


def test_the_path_of_an_item() -> None:
    assert item_path("new arrivals/50% \u00fc?#&") == "/items/new%20arrivals/50%25%20%C3%BC%3F%23%26"


@pytest.mark.parametrize(
    "arguments",
    [
        {"base_url": "search.shop.example"},
        {"base_url": "ftp://search.shop.example"},
        {"base_url": "https://search.shop.example?x=1"},
        {"base_url": "https://user:word@search.shop.example"},
        {"base_url": "https://search.shop.example", "key": "secret\n"},
        {"base_url": "https://search.shop.example", "key": "secr\u00e9t"},
        {"base_url": "https://search.shop.example", "timeout_s": 0},
        {"base_url": "https://search.shop.example", "deadline_s": float("inf")},
    ],
)
def test_arguments_of_a_client_that_make_no_sense(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must") as raised:
        Client(**arguments)
    assert "secr" not in str(raised.value)
    assert "word" not in str(raised.value).replace("password", "")

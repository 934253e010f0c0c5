import math
from typing import Any

import pytest

from contracts.box import Box
from contracts.found_garments import garment_members, parse_box, parse_garments, rounded_box, rounded_garments
from contracts.garments import Garment

GARMENT: dict[str, Any] = {"type": "dress", "box": [0.1, 0.2, 0.5, 0.9], "score": 0.75}


def test_garments_travel_with_four_decimals() -> None:
    found = [Garment("dress", Box(0.123456, 0.2, 0.99999, 1.0), 0.912345), Garment("bag", Box(0, 0, 1e-5, 1), 0.5)]
    rounded = rounded_garments(found)
    # Nothing is left of the second.
    assert rounded == (Garment("dress", Box(0.1235, 0.2, 1.0, 1.0), 0.9123),)
    assert parse_garments(garment_members(rounded)) == rounded
    assert rounded_box(Box(0.2, 0.3, 0.20001, 0.9)) is None


def test_only_eight_are_named() -> None:
    garment = Garment("dress", Box(0, 0, 1, 1), 0.5)
    assert len(rounded_garments([garment] * 12)) == 8


@pytest.mark.parametrize(
    "garment",
    [
        Garment("", Box(0, 0, 1, 1), 0.5),
        Garment("x" * 65, Box(0, 0, 1, 1), 0.5),
        Garment("a", Box(0, 0, 1, 1), math.nan),
    ],
)
def test_what_a_detector_must_not_give(garment: Garment) -> None:
    with pytest.raises(ValueError, match="of a garment must"):
        rounded_garments([garment])


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({}, "a list of at most 8"),
        ("dress", "a list of at most 8"),
        ([GARMENT] * 9, "a list of at most 8"),
        (["dress"], "an object with type, box and score"),
        ([{"type": "dress"}], "an object with type, box and score"),
        ([{**GARMENT, "type": None}], "type of a garment must be text"),
        ([{**GARMENT, "type": ""}], "1 to 64 characters"),
        ([{**GARMENT, "type": "x" * 65}], "1 to 64 characters"),
        ([{**GARMENT, "type": "\ud800"}], "must be Unicode"),
        ([{**GARMENT, "score": "1"}], "score of a garment must be a number"),
        ([{**GARMENT, "score": True}], "score of a garment must be a number"),
        ([{**GARMENT, "score": 1.5}], "between 0 and 1"),
        ([{**GARMENT, "score": math.nan}], "between 0 and 1"),
        ([{**GARMENT, "score": 10**400}], "between 0 and 1"),
        ([{**GARMENT, "box": None}], "a list of four numbers"),
        ([{**GARMENT, "box": [0, 0, 1]}], "a list of four numbers"),
        ([{**GARMENT, "box": [0, 0, 1, "1"]}], "a list of four numbers"),
        ([{**GARMENT, "box": [0, 0, 1, True]}], "a list of four numbers"),
        ([{**GARMENT, "box": [0.5, 0, 0.5, 1]}], "inside the picture"),
        ([{**GARMENT, "box": [0, 0, 1, 2]}], "inside the picture"),
        ([{**GARMENT, "box": [0, 0, 1, math.nan]}], "inside the picture"),
        ([{**GARMENT, "box": [0, 0, 1, 10**400]}], "inside the picture"),
        ([{**GARMENT, "box": [0, 0, 1e-9, 1]}], "inside the picture"),
    ],
)
def test_what_no_worker_sends(value: object, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        parse_garments(value)


def test_more_than_is_known_here_is_passed_over() -> None:
    assert parse_garments([{**GARMENT, "colour": "red"}]) == (Garment("dress", Box(0.1, 0.2, 0.5, 0.9), 0.75),)
    assert parse_box([0, 0, 1, 1]) == Box(0, 0, 1, 1)

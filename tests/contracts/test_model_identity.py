import json
from dataclasses import asdict
from typing import Any

import pytest

from contracts.embedding_set import ONE_PART, TWO_PARTS, ModelIdentity, parse_parts
from contracts.search_defaults import COMPONENTS

# As manifests held it before there were `parts`.
OLD: dict[str, Any] = {
    "version": "resnet18-0123456789ab",
    "network": "resnet18",
    "source": "shipped",
    "input_size": 96,
}
TWO = ModelIdentity("resnet18-0123456789ab", "resnet18", "shipped", 96, TWO_PARTS)


def test_two_parts_are_those_of_the_contract() -> None:
    assert TWO_PARTS == (COMPONENTS, 482) == (30, 482)
    assert ONE_PART == (512,)
    assert ModelIdentity("v", "n", "s", 8).parts == ONE_PART


@pytest.mark.parametrize("parts", [ONE_PART, TWO_PARTS, (100, 200, 212)])
def test_an_identity_comes_back_as_it_was_written(parts: tuple[int, ...]) -> None:
    identity = ModelIdentity("v", "n", "s", 8, parts)
    assert ModelIdentity.from_json(json.loads(json.dumps(asdict(identity)))) == identity


@pytest.mark.parametrize(
    ("fields", "parts"),
    [(OLD, ONE_PART), ({**OLD, "two_parts": False}, ONE_PART), ({**OLD, "two_parts": True}, TWO_PARTS)],
)
def test_older_manifests_are_understood(fields: dict[str, Any], parts: tuple[int, ...]) -> None:
    identity = ModelIdentity.from_json(fields)
    assert identity.parts == parts
    assert identity.version == OLD["version"]
    assert identity.input_size == 96


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        "text",
        {},
        {"parts": [30, 482]},
        {name: OLD[name] for name in ("version", "network", "source")},
        {**OLD, "parts": [30, 482], "two_parts": True},
        {**OLD, "surprise": 1},
        {**OLD, "version": 3},
        {**OLD, "source": None},
        {**OLD, "input_size": True},
        {**OLD, "input_size": 0},
        {**OLD, "input_size": "96"},
        {**OLD, "two_parts": 1},
        {**OLD, "two_parts": None},
        {**OLD, "parts": None},
        {**OLD, "parts": [30, 481]},
    ],
)
def test_another_object_is_no_identity(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"the model|parts must"):
        ModelIdentity.from_json(wrong)


@pytest.mark.parametrize("wrong", [None, 512, "512", [], [512.0], [True, 511], [0, 512], [-1, 513], [30, 483], {}])
def test_parts_that_make_no_embedding_are_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="parts must"):
        parse_parts(wrong)


def test_the_parts_of_json_are_a_tuple() -> None:
    assert parse_parts([30, 482]) == TWO_PARTS
    assert asdict(TWO)["parts"] == TWO_PARTS

"""Answers as results: what is passed over, what is refused, what they can be used for."""

import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from api.openapi.schemas import Attribute as AttributeSchema
from api.openapi.schemas import ChangedItem as ChangedItemSchema
from api.openapi.schemas import Import as ImportSchema
from api.openapi.schemas import Items as ItemsSchema
from api.openapi.schemas import Job as JobSchema
from api.openapi.schemas import SimilarItems as SimilarItemsSchema
from lookalike_client import Attribute, ChangedItem, Import, ItemPage, Job, SimilarItems, UnexpectedAnswer
from lookalike_client.answers import Answer
from lookalike_client.reading import read

FOUND: dict[str, Any] = {
    "request_id": "r",
    "query": {"item_id": None, "width": 4, "height": 5, "box": [0, 0.5, 1, 1.0], "category": None, "token": "t"},
    "index": {"version": "v", "model": "m", "items": 2},
    "items": [{"id": "1", "rank": 1, "score": 1, "image_url": "/items/1/image", "attributes": {"a": "b"}}],
    "total": 1,
    "limit": 12,
    "offset": 0,
    "timing_ms": {"queue": None, "search": 0.5, "total": 1},
}


def test_members_that_are_new_are_passed_over() -> None:
    newer = {**FOUND, "later": {"a": 1}, "query": {**FOUND["query"], "later": 1}}
    newer["items"] = [{**FOUND["items"][0], "later": []}]
    assert read(SimilarItems, newer) == read(SimilarItems, FOUND)


def test_members_of_later_versions_may_be_missing() -> None:
    older = {**FOUND, "query": {"item_id": None}}
    assert read(SimilarItems, older).query.token is None
    with pytest.raises(ValueError, match="by item has no token"):
        read(SimilarItems, older).token  # noqa: B018 - reading it raises


def test_results_are_frozen_and_can_be_pickled() -> None:
    found = read(SimilarItems, FOUND)
    with pytest.raises(FrozenInstanceError):
        found.total = 2  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(found)) == found
    assert found.query.box == (0.0, 0.5, 1.0, 1.0)
    assert type(found.items[0].score) is float


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"total": "1"}, "the answer: total must be int, not str"),
        ({"total": True}, "the answer: total must be int, not bool"),
        ({"total": None}, "the answer: total must be int, not NoneType"),
        ({"items": {}}, "the answer: items must be a list, not dict"),
        ({"items": [7]}, "the answer: items must be an object, not int"),
        ({"query": {"item_id": None, "box": [1, 2]}}, "the answer: query: box must be a list of 4"),
        ({"index": {"version": "v", "model": "m"}}, "the answer: index has no 'items'"),
        ({"timing_ms": {"search": "fast"}}, "timing_ms: search must be a number, not str"),
    ],
)
def test_a_damaged_answer_names_the_member(change: dict[str, Any], said: str) -> None:
    with pytest.raises(UnexpectedAnswer, match=said):
        read(SimilarItems, {**FOUND, **change})


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000, b'{"a":'])
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(UnexpectedAnswer, match="not the JSON of a Lookalike service"):
        Answer(200, {}, body).json()


@pytest.mark.parametrize(
    ("result", "schema"),
    [
        (SimilarItems, SimilarItemsSchema),
        (ItemPage, ItemsSchema),
        (Attribute, AttributeSchema),
        (ChangedItem, ChangedItemSchema),
        (Import, ImportSchema),
        (Job, JobSchema),
    ],
)
def test_what_is_read_is_what_the_service_documents(result: type[Any], schema: type[Any]) -> None:
    """No member of a result is of the client's own invention, and what it needs is always sent."""
    document = schema.model_json_schema()
    needed = {name for name, field in result.__dataclass_fields__.items() if _has_no_default(field)}
    assert set(result.__dataclass_fields__) <= set(document["properties"])
    assert needed <= set(document["required"])


def _has_no_default(field: Any) -> bool:
    return type(field.default).__name__ == "_MISSING_TYPE"

"""Garments found in a photo, over HTTP: asked for, switched off, and chosen among."""

import base64
from typing import Any

import httpx2
import pytest

from api.openapi.schemas import SimilarItems
from contracts.box import Box
from contracts.garments import Garment
from tests.api.answers import problem_of
from tests.api.fake_embedder import FakeEmbedder
from tests.api.small_catalogue import draw, encode

PNG = encode(draw(20), "PNG")
TEXT = base64.b64encode(PNG).decode()
FOUND = (Garment("dress", Box(0.1, 0.0, 0.6, 1.0), 0.875), Garment("bag", Box(0.5, 0.5, 0.9, 0.8), 0.5))
OBJECTS = [
    {"type": "dress", "box": [0.1, 0.0, 0.6, 1.0], "score": 0.875},
    {"type": "bag", "box": [0.5, 0.5, 0.9, 0.8], "score": 0.5},
]
WAYS: dict[str, dict[str, Any]] = {
    "form": {"files": {"image": PNG}},
    "json": {"json": {"image_base64": TEXT}},
    "body": {"content": PNG, "headers": {"Content-Type": "image/png"}},
}


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder(objects=FOUND)


async def query_of(client: httpx2.AsyncClient, **content: Any) -> dict[str, Any]:
    response = await client.post("/similar", **content)
    assert response.status_code == 200, response.text
    SimilarItems.model_validate(response.json())
    query: dict[str, Any] = response.json()["query"]
    return query


@pytest.mark.parametrize("way", WAYS)
async def test_garments_are_in_the_answer_with_the_part_that_was_searched(client: httpx2.AsyncClient, way: str) -> None:
    query = await query_of(client, **WAYS[way])
    assert (query["objects"], query["box"]) == (OBJECTS, OBJECTS[0]["box"])


async def test_the_part_that_was_searched_is_what_its_box_finds(client: httpx2.AsyncClient) -> None:
    found = (await client.post("/similar", **WAYS["form"])).json()
    box = ",".join(map(str, found["query"]["box"]))
    again = (await client.post("/similar", **WAYS["form"], data={"box": box, "detect": "false"})).json()
    assert again["items"] == found["items"]
    assert (again["query"]["box"], again["query"]["objects"]) == (found["query"]["box"], None)


@pytest.mark.parametrize(
    "content",
    [
        {**WAYS["form"], "data": {"box": "0,0,0.5,0.5"}},
        {"json": {"image_base64": TEXT, "box": [0, 0, 0.5, 0.5], "detect": None}},
        {"json": {"image_base64": TEXT, "box": "0,0,0.5,0.5", "detect": True}},
    ],
)
async def test_a_box_chooses_another_part(client: httpx2.AsyncClient, content: dict[str, Any]) -> None:
    query = await query_of(client, **content)
    assert (query["objects"], query["box"]) == (OBJECTS, [0, 0, 0.5, 0.5])


@pytest.mark.parametrize(
    "content",
    [
        {**WAYS["form"], "data": {"detect": "false"}},
        {**WAYS["form"], "data": {"detect": "False"}},
        {"json": {"image_base64": TEXT, "detect": False}},
        {"json": {"image_base64": TEXT, "detect": "false"}},
    ],
)
async def test_it_can_be_switched_off(client: httpx2.AsyncClient, content: dict[str, Any]) -> None:
    query = await query_of(client, **content)
    assert (query["objects"], query["box"]) == (None, None)


async def test_nothing_found_is_an_empty_list(client: httpx2.AsyncClient, embedder: FakeEmbedder) -> None:
    embedder.objects = ()
    query = await query_of(client, **WAYS["form"])
    assert (query["objects"], query["box"]) == ([], None)
    embedder.objects = None
    assert (await query_of(client, **WAYS["form"]))["objects"] is None


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({**WAYS["form"], "data": {"detect": "no"}}, "'detect' must be true or false, got 'no'"),
        ({**WAYS["form"], "data": {"detect": ""}}, "'detect' must be true or false, got ''"),
        ({**WAYS["form"], "data": {"detect": ["true", "true"]}}, "'detect' is given more than once"),
        ({"json": {"image_base64": TEXT, "detect": 1}}, "'detect' must be true or false, got 1"),
        ({"json": {"image_base64": TEXT, "detect": [True]}}, "'detect' must be true or false"),
        ({**WAYS["form"], "params": {"detect": "false"}}, "goes in the multipart body or the JSON body"),
        ({**WAYS["body"], "params": {"detect": "false"}}, "goes in the multipart body or the JSON body"),
    ],
)
async def test_other_values_and_places_get_a_sentence(
    client: httpx2.AsyncClient, content: dict[str, Any], sentence: str
) -> None:
    problem = problem_of(await client.post("/similar", **content), "invalid_parameter")
    assert sentence in problem.detail

"""`GET /similar?token=`: the photo's own answer, without the photo and without a worker."""

import base64
import logging
import random
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest

from api.app import create_app
from api.http.problems import ServiceProblem
from api.openapi.schemas import SimilarItems
from api.settings import ApiSettings
from contracts.box import Box
from contracts.garments import Garment
from index.bundle import Bundle
from tests.api.answers import ids, problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder
from tests.api.promotable import Promotable
from tests.api.query_tokens import drawn_token, mutated
from tests.api.small_catalogue import draw, encode
from tests.api.swapping import running

PNG = encode(draw(22), "PNG")
Parameters = tuple[tuple[str, str], ...]

PARAMETERS: tuple[Parameters, ...] = (
    (),
    (("limit", "3"), ("offset", "2"), ("min_score", "0.1")),
    (("filter", "baseColour:Blue,Red"), ("filter", "year:2010..2014"), ("exclude", "gender:Men"), ("limit", "5")),
    (("group_by", "title"), ("facets", "baseColour,gender")),
    (("min_score", "auto"), ("limit", "100"), ("fields", "title")),
    (("offset", "900"), ("limit", "100")),
)


async def answered(client: httpx2.AsyncClient, parameters: Parameters = ()) -> dict[str, Any]:
    response = await client.post("/similar", params=parameters, files={"image": PNG})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def token_from(client: httpx2.AsyncClient) -> str:
    token = (await answered(client))["query"]["token"]
    assert isinstance(token, str)
    return token


async def asked(client: httpx2.AsyncClient, token: str, parameters: Parameters = ()) -> Any:
    response = await client.get("/similar", params=[("token", token), *parameters])
    assert response.status_code == 200, response.text
    return response.json()


@pytest.mark.parametrize("parameters", PARAMETERS)
async def test_the_answer_is_the_photos_own(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, parameters: Parameters
) -> None:
    embedder.category = ("Tshirts", 0.9312345678)
    own = await answered(client, parameters)
    found = await asked(client, own["query"]["token"], parameters)
    SimilarItems.model_validate(found)
    assert list(found) == list(own)
    assert set(found["timing_ms"]) == {"search", "total"}
    for answer in (own, found):
        del answer["request_id"], answer["timing_ms"]
    assert found == own
    assert embedder.asked == 1


async def test_every_way_to_send_a_photo_gives_the_same_token(client: httpx2.AsyncClient) -> None:
    text = base64.b64encode(PNG).decode()
    answers = [
        await client.post("/similar", files={"image": PNG}),
        await client.post("/similar", json={"image_base64": text}),
        await client.post("/similar", content=PNG, headers={"Content-Type": "image/png"}),
    ]
    tokens = {answer.json()["query"]["token"] for answer in answers}
    assert len(tokens) == 1
    assert len(tokens.pop()) <= 1500


async def test_a_part_of_a_photo_has_a_token_of_its_own(client: httpx2.AsyncClient, embedder: FakeEmbedder) -> None:
    embedder.objects = (Garment("dress", Box(0.1, 0.0, 0.6, 1.0), 0.875),)
    by_garment = await answered(client)
    by_box = (await client.post("/similar", files={"image": PNG}, data={"box": "0.123456789,0.2,1,0.8"})).json()
    assert by_garment["query"]["box"] == [0.1, 0.0, 0.6, 1.0]
    for own in (by_garment, by_box):
        found = await asked(client, own["query"]["token"])
        assert found["items"] == own["items"]
        assert found["query"]["objects"] is None
        assert own["query"]["objects"] is not None
        assert {**found["query"], "objects": None} == {**own["query"], "objects": None}


async def test_pages_by_token_follow_each_other(client: httpx2.AsyncClient) -> None:
    token = await token_from(client)
    whole = await asked(client, token, (("limit", "40"),))
    pages = [await asked(client, token, (("limit", "10"), ("offset", str(first)))) for first in (0, 10, 20, 30)]
    assert [found for page in pages for found in ids(page)] == ids(whole)


async def test_neither_redis_nor_a_worker_is_needed(client: httpx2.AsyncClient, embedder: FakeEmbedder) -> None:
    token = await token_from(client)
    embedder.refusal = ServiceProblem("queue_unavailable", "there is no Redis")
    problem_of(await client.post("/similar", files={"image": PNG}), "queue_unavailable")
    assert len(ids(await asked(client, token))) == 12
    assert embedder.asked == 1
    head = await client.head("/similar", params={"token": token})
    assert (head.status_code, head.content) == (200, b"")


async def test_answers_are_remembered(client: httpx2.AsyncClient) -> None:
    token = await token_from(client)
    first = await asked(client, token, (("limit", "2"),))
    again = (await client.get(f"/similar?limit=2&token={token}")).json()
    assert again["timing_ms"]["search"] == 0.0
    assert (again["items"], again["query"]) == (first["items"], first["query"])
    metrics = (await client.get("/metrics")).text
    assert 'lookalike_answer_cache_requests_total{result="hit"} 1' in metrics
    assert 'lookalike_http_requests_total{method="GET",route="/similar",status="200"} 2' in metrics


async def test_clients_may_keep_an_answer(client: httpx2.AsyncClient) -> None:
    token = await token_from(client)
    for _ in range(2):
        answer = await client.get("/similar", params={"token": token})
        known = {"If-None-Match": answer.headers["etag"]}
        again = await client.get("/similar", params={"token": token}, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        other = await client.get("/similar", params={"token": token, "limit": "3"}, headers=known)
        assert other.status_code == 200


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "'token' is missing; it is `query.token` of an answer to POST /similar"),
        ("limit=3", "'token' is missing"),
        ("token=", "is not `query.token` of an answer"),
        ("token=abc", "is not `query.token` of an answer"),
        ("token={token}%3D", "base64url"),
        ("token={token}%00", "base64url"),
        ("token={token}&token={token}", "'token' is given more than once"),
        ("token={token}&exclude_self=true", "belongs in the query string of GET /items/{id}/similar"),
        ("token={token}&limit=0", "'limit' must be"),
        ("token={token}&limit=100&offset=950", "at most 1000"),
        ("token={token}&filter=nothing:a", "baseColour"),
        ("token={token}&box=0,0,1,1", "'box'"),
        ("token=" + "A" * 1501, "1,501 characters"),
    ],
)
async def test_bad_questions(client: httpx2.AsyncClient, query: str, said: str) -> None:
    response = await client.get("/similar?" + query.replace("{token}", drawn_token()))
    assert said in problem_of(response, "invalid_parameter").detail


async def test_a_token_belongs_in_the_query_string_of_get(client: httpx2.AsyncClient) -> None:
    token = drawn_token()
    by_post = await client.post("/similar", params={"token": token}, files={"image": PNG})
    assert "the query string of GET /similar" in problem_of(by_post, "invalid_parameter").detail
    by_item = await client.get("/items/15010/similar", params={"token": token})
    assert "the query string of GET /similar" in problem_of(by_item, "invalid_parameter").detail


async def test_without_an_index(settings: ApiSettings, connect: Connect) -> None:
    async with connect(create_app(settings, None, FakeEmbedder())) as client:
        problem_of(await client.get("/similar", params={"token": drawn_token()}), "index_unavailable")


async def test_only_the_model_that_is_served_counts(
    settings: ApiSettings, promotable_once: Promotable, tmp_path: Path
) -> None:
    bundles = promotable_once.copied_to(tmp_path / "bundles")
    bundles.promote(bundles.first)
    async with running(settings, bundles.folder) as api:
        token = await token_from(api.client)
        bundles.promote(bundles.second)
        await api.until_serves(bundles.second)
        # Another index of the same model: what the photo itself would be answered by it.
        found, own = await asked(api.client, token), await answered(api.client)
        assert (found["items"], found["index"]["version"]) == (own["items"], bundles.second)
        bundles.promote(bundles.other)
        await api.until_serves(bundles.other)
        for _ in range(2):
            problem = problem_of(await api.client.get("/similar", params={"token": token}), "token_outdated")
        assert "send the photo again" in problem.detail
        assert (await token_from(api.client)) != token
        bundles.promote(bundles.first)
        await api.until_serves(bundles.first)
        assert (await asked(api.client, token))["index"]["version"] == bundles.first


async def test_an_embedding_of_zeros_is_answered_without_a_token(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.api.fake_embedder.embed_pixels", lambda _: np.zeros(512, np.float32))
    answer = await answered(client)
    assert answer["query"]["token"] is None
    assert len(answer["items"]) == 12


async def test_mutated_tokens_never_break_anything(client: httpx2.AsyncClient) -> None:
    generator = random.Random(17)
    token = await token_from(client)
    statuses: Counter[int] = Counter()
    for _ in range(400):
        response = await client.get("/similar", params={"token": mutated(token, generator), "limit": "1"})
        statuses[response.status_code] += 1
        if response.status_code != 200:
            problem_of(response, "invalid_parameter" if response.status_code == 400 else "token_outdated")
    assert set(statuses) == {200, 400, 410}


async def test_tokens_stand_in_no_log(
    settings: ApiSettings,
    bundle: Bundle,
    embedder: FakeEmbedder,
    connect: Connect,
    caplog: pytest.LogCaptureFixture,
) -> None:
    logging_app = create_app(settings.model_copy(update={"access_log": True}), bundle, embedder)
    async with connect(logging_app) as client:
        token = await token_from(client)
        with caplog.at_level(logging.DEBUG, logger="lookalike.access"):
            await asked(client, token)
            refused = await client.get("/similar", params={"token": token[:-1]})
    assert "GET /similar 200" in caplog.text
    assert "GET /similar 400" in caplog.text
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("lookalike"))
    assert token[:20] not in ours
    assert token[:20] not in refused.text
    assert refused.json()["instance"] == "/similar"

"""`Prefer: respond-async` on `POST /similar`: a job at once, whose answer is that of the photo itself."""

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import httpx2
import orjson
import pytest
import redis

from api.app import create_app
from api.http.problems import ProblemCode, ServiceProblem
from api.openapi.schemas import Job
from api.settings import ApiSettings
from contracts.box import Box
from contracts.garments import Garment
from index.bundle import Bundle
from launch.embedded_redis import EmbeddedRedis
from tests.api.answers import problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import IDENTITY, FakeEmbedder
from tests.api.small_catalogue import draw, encode

pytestmark = pytest.mark.services

PREFER = {"Prefer": "respond-async, wait=10"}
PNG = encode(draw(22), "PNG")


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with EmbeddedRedis() as server:
        yield server.url


@pytest.fixture
def settings(redis_url: str) -> ApiSettings:
    return ApiSettings(redis_url=redis_url)


async def ended(client: httpx2.AsyncClient, location: str) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            response = await client.get(location)
            assert response.status_code == 200, response.text
            job: dict[str, Any] = response.json()
            Job.model_validate(job)
            if job["status"] not in {"queued", "running"}:
                return job
            await asyncio.sleep(0.01)


async def accepted(client: httpx2.AsyncClient, query: str = "", **content: Any) -> str:
    content = content or {"files": {"image": PNG}}
    response = await client.post(f"/similar{query}", headers={**PREFER, **content.pop("headers", {})}, **content)
    assert response.status_code == 202, response.text
    assert response.headers["preference-applied"] == "respond-async"
    job = response.json()
    Job.model_validate(job)
    assert (job["status"], job["total"], job["similar"]) == ("queued", 1, None)
    assert response.headers["location"] == f"/jobs/{job['job_id']}"
    return str(response.headers["location"])


@pytest.mark.parametrize("detect", ["true", "false"])
async def test_a_job_finds_garments_unless_it_must_not(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, detect: str
) -> None:
    embedder.objects = (Garment("dress", Box(0.1, 0.0, 0.6, 1.0), 0.875),)
    content: dict[str, Any] = {"files": {"image": PNG}, "data": {"detect": detect}}
    found = (await ended(client, await accepted(client, **content)))["similar"]
    wanted = (await client.post("/similar", **content)).json()
    assert (found["query"], found["items"]) == (wanted["query"], wanted["items"])
    assert found["query"]["box"] == ([0.1, 0.0, 0.6, 1.0] if detect == "true" else None)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?limit=3&offset=2&min_score=0.1",
        "?filter=baseColour:Blue,Red&exclude=gender:Men&limit=5",
        "?group_by=title&facets=baseColour,gender",
        "?min_score=auto&limit=100",
    ],
)
async def test_the_jobs_answer_is_the_photos_own(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, query: str
) -> None:
    embedder.category = ("Tshirts", 0.9312345678)
    content: dict[str, Any] = {"files": {"image": PNG}, "data": {"box": "0.1,0.2,0.9,0.8"}}
    job = await ended(client, await accepted(client, query, **content))
    response = await client.post(f"/similar{query}", **content)
    assert response.status_code == 200, response.text
    wanted = response.json()
    found = job["similar"]
    assert set(found["timing_ms"]) == {"decode", "embed", "search", "total"}
    for answer in (wanted, found):
        del answer["request_id"], answer["timing_ms"]
    assert found == wanted
    assert (job["status"], job["done"], job["errors"]) == ("succeeded", 1, [])
    assert [(result["index"], result["item_id"], result["filename"]) for result in job["results"]] == [(0, None, None)]


async def test_json_and_plain_bodies_are_accepted_too(client: httpx2.AsyncClient) -> None:
    photo = base64.b64encode(PNG).decode()
    places = [
        await accepted(client, json={"image_base64": photo, "box": [0, 0, 1, 1]}),
        await accepted(client, content=PNG, headers={"Content-Type": "image/png"}),
    ]
    assert [(await ended(client, place))["similar"]["items"][0]["id"] for place in places] == ["15022", "15022"]


@pytest.mark.parametrize(
    ("query", "content", "code"),
    [
        ("?limit=0", {}, "invalid_parameter"),
        ("?limit=100&offset=950", {}, "invalid_parameter"),
        ("?min_score=2", {}, "invalid_parameter"),
        ("?filter=nothing:a", {}, "invalid_parameter"),
        ("?facets=nothing", {}, "invalid_parameter"),
        ("?group_by=nothing", {}, "invalid_parameter"),
        ("?wait=1", {}, "invalid_parameter"),
        ("", {"files": {"picture": PNG}}, "invalid_parameter"),
        ("", {"files": [("image", PNG), ("image", PNG)]}, "invalid_parameter"),
        ("", {"files": {"image": b"no picture"}}, "unsupported_media_type"),
        ("", {"files": {"image": PNG[:20]}}, "image_unreadable"),
        ("", {"files": {"image": PNG}, "data": {"box": "0,0,2,1"}}, "invalid_box"),
        ("", {"files": {"image": PNG}, "data": {"box": "0,0,0.01,0.01"}}, "image_too_small"),
        ("", {"json": {"image_base64": "%"}}, "invalid_parameter"),
        ("", {"json": {"image_url": "http://x/"}}, "image_url_refused"),
        ("", {"content": b"x", "headers": {"Content-Type": "text/plain"}}, "unsupported_media_type"),
    ],
)
async def test_everything_is_checked_before_it_is_accepted(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, query: str, content: dict[str, Any], code: ProblemCode
) -> None:
    content = {"files": {"image": PNG}, **content} if not content else dict(content)
    response = await client.post(f"/similar{query}", headers={**PREFER, **content.pop("headers", {})}, **content)
    problem_of(response, code)
    assert "preference-applied" not in response.headers
    assert embedder.asked == 0


async def test_without_the_preference_the_answer_is_awaited(client: httpx2.AsyncClient) -> None:
    response = await client.post("/similar", files={"image": PNG}, headers={"Prefer": "wait=1"})
    assert response.status_code == 200
    assert "preference-applied" not in response.headers


async def test_a_photo_that_no_worker_can_read_has_failed(client: httpx2.AsyncClient, embedder: FakeEmbedder) -> None:
    embedder.problems = [ServiceProblem("internal_error", "the network failed")]
    job = await ended(client, await accepted(client))
    assert (job["status"], job["results"], job["similar"]) == ("failed", [], None)
    assert [error["code"] for error in job["errors"]] == ["internal_error"]


async def test_an_index_that_cannot_answer_any_more_says_so(
    redis_url: str, settings: ApiSettings, bundle: Bundle, connect: Connect
) -> None:
    async with connect(create_app(settings, bundle, FakeEmbedder())) as client:
        place = await accepted(client)
        assert (await ended(client, place))["similar"] is not None
    names = f"job:{place.removeprefix('/jobs/')}:names"
    with redis.Redis.from_url(redis_url) as valkey:
        reply = orjson.loads(valkey.hget(names, "reply") or b"")
        assert reply["model_version"] == IDENTITY.version
        search = orjson.loads(valkey.hget(names, "search") or b"")
        async with connect(create_app(settings, bundle, FakeEmbedder())) as client:
            # Another column, another model, and what nobody wrote.
            valkey.hset(names, "search", orjson.dumps({**search, "query_string": "filter=gone:a"}))
            gone = await ended(client, place)
            valkey.hset(names, "search", orjson.dumps(search))
            valkey.hset(names, "reply", orjson.dumps({**reply, "model_version": "other"}))
            other = await ended(client, place)
            for field, value in (("reply", b"{}"), ("search", b"[]"), ("search", b"{"), ("search", b'{"box": [1]}')):
                valkey.hset(names, field, value)
                assert (await ended(client, place)).get("similar") is None
    for job, code in ((gone, "invalid_parameter"), (other, "model_mismatch")):
        assert (job["status"], job["similar"]) == ("succeeded", None)
        assert len(job["results"]) == 1
        assert [(error["index"], error["code"]) for error in job["errors"]] == [(0, code)]
        assert "send the photo again" in job["errors"][0]["detail"]


async def test_jobs_at_a_time_are_limited(redis_url: str, bundle: Bundle, connect: Connect) -> None:
    embedder = FakeEmbedder(gate=asyncio.Event())
    app = create_app(ApiSettings(redis_url=redis_url, max_jobs=1, root_path="/shop"), bundle, embedder)
    async with connect(app) as client:
        first = await client.post("/similar", files={"image": PNG}, headers=PREFER)
        assert first.status_code == 202
        assert first.headers["location"] == f"/shop/jobs/{first.json()['job_id']}"
        # Told by the head alone, whatever the body is.
        problem_of(await client.post("/similar", content=b"no form", headers=PREFER), "queue_full")
        problem_of(await client.post("/embeddings", json={"item_ids": []}), "queue_full")
        assert embedder.gate is not None
        embedder.gate.set()

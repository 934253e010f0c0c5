"""Embedding jobs against a real Valkey; only the network is a fake."""

import asyncio
import functools
from collections.abc import Iterator
from typing import Any

import httpx2
import numpy as np
import pytest
import redis
from fastapi import FastAPI

from api.app import create_app
from api.http.problems import ServiceProblem
from api.jobs.runner import JobRunner
from api.jobs.turns import WHILE_PHOTOS_COME
from api.openapi.schemas import Job
from api.settings import ApiSettings
from index.bundle import Bundle
from launch.embedded_redis import EmbeddedRedis
from tests.api.answers import problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder, embed_pixels
from tests.api.small_catalogue import draw, encode

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    with EmbeddedRedis() as server:
        yield server.url


@pytest.fixture
def settings(redis_url: str) -> ApiSettings:
    return ApiSettings(redis_url=redis_url)


@pytest.fixture
def valkey(redis_url: str) -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(redis_url)
    yield client
    client.close()


async def finished(client: httpx2.AsyncClient, job_id: str, query: str = "", *, within_s: float = 20) -> dict[str, Any]:
    """The job once it has ended."""
    async with asyncio.timeout(within_s):
        while True:
            response = await client.get(f"/jobs/{job_id}{query}")
            assert response.status_code == 200, response.text
            job: dict[str, Any] = response.json()
            Job.model_validate(job)
            if job["status"] not in {"queued", "running"}:
                return job
            await asyncio.sleep(0.02)


async def start(client: httpx2.AsyncClient, item_ids: list[str]) -> str:
    response = await client.post("/embeddings", json={"item_ids": item_ids})
    assert response.status_code == 202, response.text
    return str(response.json()["job_id"])


async def test_items_are_embedded_in_the_order_of_the_request(client: httpx2.AsyncClient) -> None:
    wanted = ["15020", "nothing", "15010", "img/Blue_Tee/img 0001.jpg", "15020", "../secret"]
    response = await client.post("/embeddings", json={"item_ids": wanted})
    assert response.status_code == 202
    Job.model_validate(response.json())
    assert response.headers["location"] == f"/jobs/{response.json()['job_id']}"
    job = await finished(client, response.json()["job_id"])
    assert (job["status"], job["done"], job["total"]) == ("succeeded", 6, 6)
    assert list(job) == ["job_id", "status", "done", "total", "results", "errors"]
    assert [(result["index"], result["item_id"]) for result in job["results"]] == [
        (0, "15020"), (2, "15010"), (3, "img/Blue_Tee/img 0001.jpg"), (4, "15020"),
    ]  # fmt: skip
    assert [(error["index"], error["item_id"], error["code"]) for error in job["errors"]] == [
        (1, "nothing", "unknown_item"),
        (5, "../secret", "unknown_item"),
    ]
    assert job["results"][0]["embedding"] == job["results"][3]["embedding"]
    assert all(result["filename"] is None for result in job["results"])


async def test_uploads_keep_their_names_and_their_numbers(client: httpx2.AsyncClient) -> None:
    pictures = [("a.png", encode(draw(1), "PNG")), ("b.txt", b"no picture"), ("c \u00fc\n.png", encode(draw(2), "PNG"))]
    response = await client.post("/embeddings", files=[("image", picture) for picture in pictures])
    job = await finished(client, response.json()["job_id"])
    assert job["status"] == "succeeded"
    assert [(result["index"], result["item_id"]) for result in job["results"]] == [(0, None), (2, None)]
    assert job["results"][0]["filename"] == "a.png"
    wanted = embed_pixels(draw(1))
    rounding = np.abs(wanted).max() / 65_534 * 1.001
    np.testing.assert_allclose(np.array(job["results"][0]["embedding"]), wanted, rtol=0, atol=rounding)
    assert [(error["index"], error["code"]) for error in job["errors"]] == [(1, "unsupported_media_type")]


async def test_a_job_of_nothing_but_errors_has_failed(client: httpx2.AsyncClient) -> None:
    job = await finished(client, await start(client, ["no", "nor this"]))
    assert (job["status"], job["done"], len(job["errors"])) == ("failed", 2, 2)


async def test_results_are_paged(client: httpx2.AsyncClient) -> None:
    wanted = ["15010", "no", "15011", "15012", "nor", "15013", "15014", "neither"]
    job_id = await start(client, wanted)
    await finished(client, job_id)
    pages = [(await client.get(f"/jobs/{job_id}?limit=2&offset={offset}")).json() for offset in (0, 2, 4, 6)]
    assert [[result["index"] for result in page["results"]] for page in pages] == [[0, 2], [3, 5], [6], []]
    assert [[error["index"] for error in page["errors"]] for page in pages] == [[1, 4], [7], [], []]
    assert [error["item_id"] for error in pages[0]["errors"]] == ["no", "nor"]


async def test_pictures_go_out_a_few_at_a_time(redis_url: str, bundle: Bundle, connect: Connect) -> None:
    embedder = FakeEmbedder()
    app = create_app(ApiSettings(redis_url=redis_url, job_pictures_in_flight=5), bundle, embedder)
    async with connect(app) as client:
        job = await finished(client, await start(client, ["15010", "15011", "15012"] * 20))
    assert (job["status"], len(job["results"])) == ("succeeded", 60)
    assert 1 < embedder.most_in_flight <= 5
    with pytest.raises(ValueError, match="64"):
        ApiSettings(job_pictures_in_flight=65)


async def test_a_small_job_is_not_held_up_by_large_ones(client: httpx2.AsyncClient, embedder: FakeEmbedder) -> None:
    embedder.gate = asyncio.Event()
    large = [await start(client, ["15010"] * 400) for _ in range(3)]
    small = await start(client, ["15011"])
    embedder.gate.set()
    assert (await finished(client, small))["status"] == "succeeded"
    running = [(await client.get(f"/jobs/{job_id}?limit=1")).json()["done"] for job_id in large]
    assert all(done < 400 for done in running), running


async def test_jobs_give_way_to_photos(client: httpx2.AsyncClient, embedder: FakeEmbedder) -> None:
    picture = encode(draw(1), "PNG")
    assert (await client.post("/similar", files={"image": picture})).status_code == 200
    embedder.most_in_flight = 0
    job_id = await start(client, ["15010"] * 40)
    assert (await client.post("/similar", files={"image": picture})).status_code == 200
    await finished(client, job_id)
    # The photo itself is one of them.
    assert embedder.most_in_flight <= WHILE_PHOTOS_COME + 1


async def test_full_queue_is_waited_for(client: httpx2.AsyncClient, embedder: FakeEmbedder) -> None:
    embedder.problems += [ServiceProblem("queue_full", "full"), ServiceProblem("queue_unavailable", "away")] * 2
    job = await finished(client, await start(client, ["15010", "15011"]))
    assert (job["status"], job["errors"]) == ("succeeded", [])
    assert embedder.asked == 6


async def test_late_picture_is_tried_again_and_then_given_up(
    client: httpx2.AsyncClient, embedder: FakeEmbedder
) -> None:
    embedder.problems += [ServiceProblem("inference_timeout", "late")] * 3
    job = await finished(client, await start(client, ["15010"]))
    assert (job["status"], job["errors"][0]["code"]) == ("failed", "inference_timeout")


async def test_workers_of_another_model_fail_the_job_in_the_end(
    redis_url: str, bundle: Bundle, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.app.JobRunner", functools.partial(JobRunner, patience_s=0.15))
    embedder = FakeEmbedder(worker_version="other-ffffffffffff")
    async with connect(create_app(ApiSettings(redis_url=redis_url), bundle, embedder)) as client:
        job = await finished(client, await start(client, ["15010"]))
    assert (job["status"], job["results"], job["done"]) == ("failed", [], 1)
    assert (job["errors"][0]["code"], job["errors"][0]["item_id"]) == ("model_mismatch", "15010")
    assert embedder.asked > 1


async def test_any_process_answers_for_a_job(
    client: httpx2.AsyncClient, settings: ApiSettings, bundle: Bundle, connect: Connect
) -> None:
    job_id = await start(client, ["15010"])
    await finished(client, job_id)
    async with connect(create_app(settings, bundle, FakeEmbedder())) as other:
        assert (await other.get(f"/jobs/{job_id}")).json()["results"][0]["item_id"] == "15010"


async def test_status_runs_while_pictures_wait(client: httpx2.AsyncClient, embedder: FakeEmbedder) -> None:
    embedder.gate = asyncio.Event()
    job_id = await start(client, ["no", "15010", "15011"])
    await asyncio.wait_for(embedder.entered.wait(), 5)
    job = (await client.get(f"/jobs/{job_id}")).json()
    assert job["status"] == "running"
    assert job["done"] <= 1
    embedder.gate.set()
    assert (await finished(client, job_id))["status"] == "succeeded"


async def test_job_of_a_dead_process_has_failed(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, valkey: redis.Redis
) -> None:
    embedder.gate = asyncio.Event()
    job_id = await start(client, ["15010"])
    await asyncio.wait_for(embedder.entered.wait(), 5)
    assert 0 < valkey.ttl(f"job:{job_id}:lease") <= 20
    # What Redis does by itself when nobody renews the lease.
    valkey.delete(f"job:{job_id}:lease")
    job = await finished(client, job_id)
    assert (job["status"], job["done"], job["total"]) == ("failed", 1, 1)
    assert "process that worked on this job ended" in job["errors"][0]["detail"]


async def test_stopping_process_ends_its_jobs(
    settings: ApiSettings, bundle: Bundle, connect: Connect, client: httpx2.AsyncClient
) -> None:
    embedder = FakeEmbedder(gate=asyncio.Event())
    async with connect(create_app(settings, bundle, embedder)) as stopping:
        job_id = await start(stopping, ["15010"])
        await asyncio.wait_for(embedder.entered.wait(), 5)
    assert embedder.cancelled == 1
    job = (await client.get(f"/jobs/{job_id}")).json()
    assert (job["status"], job["errors"][0]["code"]) == ("failed", "queue_unavailable")
    assert "service stopped" in job["errors"][0]["detail"]


async def test_job_is_kept_for_an_hour_then_expired(client: httpx2.AsyncClient, valkey: redis.Redis) -> None:
    job_id = await start(client, ["15010", "no"])
    await finished(client, job_id)
    parts = ("outcomes", "records", "names")
    for key in parts:
        assert 3500 < valkey.ttl(f"job:{job_id}:{key}") <= 3600
    assert valkey.ttl(f"job:{job_id}") > 3600
    valkey.delete(*(f"job:{job_id}:{key}" for key in parts))
    job = (await client.get(f"/jobs/{job_id}")).json()
    Job.model_validate(job)
    assert job == {"job_id": job_id, "status": "expired", "done": 2, "total": 2, "results": [], "errors": []}
    valkey.delete(f"job:{job_id}")
    problem_of(await client.get(f"/jobs/{job_id}"), "unknown_job")


async def test_every_key_of_a_job_expires(client: httpx2.AsyncClient, valkey: redis.Redis) -> None:
    await finished(client, await start(client, ["15010", "no"]))
    keys = list(valkey.scan_iter("job:*"))
    assert keys
    assert all(valkey.ttl(key) > 0 for key in keys)


async def test_jobs_at_a_time_are_limited(redis_url: str, bundle: Bundle, connect: Connect) -> None:
    embedder = FakeEmbedder(gate=asyncio.Event())
    app: FastAPI = create_app(ApiSettings(redis_url=redis_url, max_jobs=3), bundle, embedder)
    async with connect(app) as client:
        answers = await asyncio.gather(*(client.post("/embeddings", json={"item_ids": ["15010"]}) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [202, 202, 202, 503, 503]
        assert embedder.gate is not None
        embedder.gate.set()
        for answer in (answer for answer in answers if answer.status_code == 202):
            await finished(client, answer.json()["job_id"])
        assert (await client.post("/embeddings", json={"item_ids": ["15010"]})).status_code == 202

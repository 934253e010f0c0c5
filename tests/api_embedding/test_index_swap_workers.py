"""Photos and jobs through real workers of two models while the index is swapped between them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis

from api.app import create_app
from api.embedding.client import EmbeddingClient
from api.items.index_watch import Promotions
from api.settings import ApiSettings
from contracts.embedding_job import heartbeat_key, queue_name
from index.bundle import open_current
from launch.embedded_redis import EmbeddedRedis
from tests.api.conftest import connected
from tests.api.promotable import COMMON_IDS, Promotable, make_promotable
from tests.api_embedding.harness import WorkerProcess, photo

pytestmark = pytest.mark.services

OLD_MODEL, NEW_MODEL = "fake-1", "fake-2"
SWAPS = 4
CUSTOMERS = 3


@pytest.fixture
def bundles(tmp_path: Path) -> Promotable:
    built = make_promotable(tmp_path / "pictures", tmp_path / "bundles", model=OLD_MODEL, other_model=NEW_MODEL)
    built.promote(built.first)
    return built


@pytest.fixture(scope="module")
def workers(server: EmbeddedRedis) -> Iterator[dict[str, WorkerProcess]]:
    old = WorkerProcess(server.url, "--batch-ms", "10", version=OLD_MODEL)
    new = WorkerProcess(server.url, "--batch-ms", "10", version=NEW_MODEL)
    with old, new:
        yield {OLD_MODEL: old, NEW_MODEL: new}


async def test_photos_and_jobs_are_answered_by_the_model_of_their_index(
    server: EmbeddedRedis, workers: dict[str, WorkerProcess], bundles: Promotable, connection: redis.Redis
) -> None:
    marks = {bundles.first: "0", bundles.other: "2"}
    settings = ApiSettings(redis_url=server.url, job_pictures_in_flight=1)

    def make(model_version: str) -> EmbeddingClient:
        return EmbeddingClient(server.url, model_version=model_version, timeout_s=60.0)

    app = create_app(
        settings, open_current(bundles.folder), make(OLD_MODEL), Promotions(bundles.folder, make, interval_s=0.1)
    )
    async with connected(app) as client:
        ended = asyncio.Event()
        answers: list[dict[str, Any]] = []
        customers = [asyncio.create_task(_shop(client, answers, ended, number)) for number in range(CUSTOMERS)]
        jobs = []
        for number in range(SWAPS):
            started = await client.post("/embeddings", json={"item_ids": [*COMMON_IDS] * 6})
            assert started.status_code == 202, started.text
            jobs.append(started.headers["location"])
            version = (bundles.other, bundles.first)[number % 2]
            bundles.promote(version)
            await _until_photos_are_answered_by(answers, version)
            assert (await client.get("/readyz")).status_code == 200
        finished = [await _finished(client, job) for job in jobs]
        ended.set()
        await asyncio.gather(*customers)
        for answer in answers:
            index = answer["index"]
            assert index["model"] == bundles.models[index["version"]]
            assert {item["attributes"]["bundle"] for item in answer["items"]} == {marks[index["version"]]}
        for job in finished:
            assert (job["status"], job["errors"], len(job["results"])) == ("succeeded", [], 6 * len(COMMON_IDS))
    for model in (OLD_MODEL, NEW_MODEL):
        assert connection.llen(queue_name(model)) == 0
    assert connection.keys("photo:*") == []


async def test_photos_wait_for_a_worker_that_was_not_started_before_the_promotion(
    server: EmbeddedRedis, workers: dict[str, WorkerProcess], bundles: Promotable
) -> None:
    def make(model_version: str) -> EmbeddingClient:
        return EmbeddingClient(server.url, model_version=model_version)

    workers[NEW_MODEL].kill()
    # Its heartbeat ends with it only when it has expired.
    with redis.Redis.from_url(server.url) as connection:
        connection.delete(heartbeat_key(NEW_MODEL))
    settings = ApiSettings(redis_url=server.url)
    app = create_app(
        settings, open_current(bundles.folder), make(OLD_MODEL), Promotions(bundles.folder, make, interval_s=0.1)
    )
    async with connected(app) as client:
        bundles.promote(bundles.other)
        async with asyncio.timeout(60):
            while bundles.other not in (await client.get("/items?limit=1")).text:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        refused = await client.post("/similar", files={"image": photo(1)})
        assert (refused.status_code, refused.json()["code"]) == (503, "model_mismatch")
        assert (await client.get("/readyz")).status_code == 503
        await asyncio.to_thread(workers[NEW_MODEL].restart)
        async with asyncio.timeout(60):
            while (await client.post("/similar", files={"image": photo(1)})).status_code != 200:  # noqa: ASYNC110
                await asyncio.sleep(0.1)


async def _shop(client: httpx2.AsyncClient, answers: list[dict[str, Any]], ended: asyncio.Event, seed: int) -> None:
    while not ended.is_set():
        answer = await client.post("/similar", files={"image": photo(seed)})
        assert answer.status_code == 200, answer.text
        answers.append(answer.json())


async def _until_photos_are_answered_by(answers: list[dict[str, Any]], version: str) -> None:
    async with asyncio.timeout(60):
        while not answers or answers[-1]["index"]["version"] != version:  # noqa: ASYNC110 - as customers see it
            await asyncio.sleep(0.01)


async def _finished(client: httpx2.AsyncClient, location: str) -> dict[str, Any]:
    async with asyncio.timeout(120):
        while True:
            job: dict[str, Any] = (await client.get(f"{location}?limit=1000")).json()
            if job["status"] in {"succeeded", "failed"}:
                return job
            await asyncio.sleep(0.05)

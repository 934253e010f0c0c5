"""What jobs reserve in a real Redis, who is refused for it, and how a job ends that cannot go on."""

import asyncio
import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
import numpy as np
import pytest
import redis
from pydantic import SecretStr

from api.app import create_app
from api.embedding.job_ledger import LEDGER_KEY, RESERVED_BYTES, RESERVED_KEY
from api.http.problems import ServiceProblem
from api.jobs.request import JobRequest, memory_needed
from api.jobs.runner import JobRunner
from api.jobs.store import JobStore
from api.settings import ApiSettings
from contracts.box import Box
from contracts.embedding_reply import Embedded
from contracts.garments import Garment
from index.bundle import Bundle
from launch.embedded_redis import EmbeddedRedis
from tests.api.answers import problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder
from tests.api.test_jobs_http import finished, start

pytestmark = pytest.mark.services

MB = 1_000_000


@dataclass
class QuickEmbedder(FakeEmbedder):
    """Embeds every picture as the same vector, so that thousands take seconds."""

    def _reply(self, picture: bytes, box: Box | None, objects: tuple[Garment, ...] | None) -> Embedded:
        return Embedded("0" * 32, self.model_version, np.ones(512, np.float32), 60, 80, 0.5, 1.5)


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(maxmemory_mb=24) as server:
        yield server


@pytest.fixture
def valkey(server: EmbeddedRedis) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server.url) as client:
        client.flushdb()
        client.config_set("maxmemory", "24mb")
        yield client


@pytest.fixture
def settings(server: EmbeddedRedis, valkey: redis.Redis) -> ApiSettings:
    return ApiSettings(redis_url=server.url)


@pytest.fixture
def embedder() -> FakeEmbedder:
    return QuickEmbedder()


def reserved(valkey: redis.Redis) -> int:
    """The bytes that the ledger says are reserved, once what is due has been released."""
    return int(valkey.eval(RESERVED_BYTES, 2, LEDGER_KEY, RESERVED_KEY))


def used(valkey: redis.Redis) -> int:
    return int(valkey.info("memory")["used_memory"])


async def test_the_largest_job_is_embedded_to_its_end_in_24_mb(client: httpx2.AsyncClient, valkey: redis.Redis) -> None:
    # Connections and scripts take memory too, once.
    await finished(client, await start(client, ["no"]))
    before = used(valkey)
    job_id = await start(client, ["15010", "15011"] * 5000)
    at_once = used(valkey) - before
    assert at_once > 10_000 * 1028
    assert 0.98 * at_once < reserved(valkey) < 1.06 * at_once
    job = await finished(client, job_id, "?limit=1&offset=9999", within_s=90)
    assert (job["status"], job["done"], job["total"], job["errors"]) == ("succeeded", 10_000, 10_000, [])
    assert [(result["index"], result["item_id"]) for result in job["results"]] == [(9_999, "15011")]
    # Nothing was written that had not been reserved.
    assert used(valkey) - before < 1.02 * reserved(valkey)
    refused = await client.post("/embeddings", json={"item_ids": ["15010"] * 10_000})
    assert "10.6 MB of the 11.3 MB for jobs are reserved" in problem_of(refused, "queue_full").detail
    assert 3500 < int(refused.headers["retry-after"]) <= 3602
    assert (await client.post("/embeddings", json={"item_ids": ["15010"]})).status_code == 202


async def test_unknown_ids_reserve_no_results(client: httpx2.AsyncClient, valkey: redis.Redis) -> None:
    job_id = await start(client, ["x" * 1000] * 10_000)
    assert reserved(valkey) < 0.1 * MB
    job = await finished(client, job_id, "?limit=2&offset=9999")
    assert (job["status"], job["done"]) == ("failed", 10_000)
    assert [(error["index"], error["item_id"], error["code"]) for error in job["errors"]] == [
        (9_999, None, "unknown_item")
    ]
    assert "over 512 characters" in job["errors"][0]["detail"]


async def test_what_would_never_fit_is_refused_with_the_figures(
    server: EmbeddedRedis, bundle: Bundle, connect: Connect, valkey: redis.Redis
) -> None:
    small = ApiSettings(redis_url=server.url, job_memory_share=0.1)
    unlimited = ApiSettings(redis_url=server.url, job_memory_bytes=3 * MB)
    large = {"item_ids": ["15010"] * 10_000}
    async with connect(create_app(small, bundle, QuickEmbedder())) as client:
        refused = await client.post("/embeddings", json=large)
        assert "all jobs together have 2.5 MB; send fewer" in problem_of(refused, "queue_full").detail
    valkey.config_set("maxmemory", 0)
    async with connect(create_app(unlimited, bundle, QuickEmbedder())) as client:
        refused = await client.post("/embeddings", json=large)
        assert "all jobs together have 3.0 MB; send fewer" in problem_of(refused, "queue_full").detail
        assert (await client.post("/embeddings", json={"item_ids": ["15010"] * 2000})).status_code == 202
    assert reserved(valkey) < 3 * MB


async def test_what_is_reserved_is_released_with_the_results(client: httpx2.AsyncClient, valkey: redis.Redis) -> None:
    job_ids = [await start(client, ["15010"] * 100) for _ in range(3)]
    for job_id in job_ids:
        await finished(client, job_id)
    found: Any = valkey.zrange(LEDGER_KEY, 0, -1, withscores=True)
    entries: dict[bytes, float] = dict(found)
    results = [entry for entry in entries if not entry.endswith(b":")]
    assert (len(entries), len(results)) == (6, 3)
    ends = valkey.time()[0] + 3600
    assert all(abs(entries[entry] - ends) < 20 for entry in results)
    before = reserved(valkey)
    # What the clock does in an hour.
    valkey.zadd(LEDGER_KEY, {results[0]: 0})
    freed = int(results[0].split(b":")[1])
    assert reserved(valkey) == before - freed
    valkey.zadd(LEDGER_KEY, dict.fromkeys(entries, 0), xx=True)
    assert reserved(valkey) == 0
    assert not valkey.exists(LEDGER_KEY, RESERVED_KEY)


async def test_a_key_has_a_quota_of_jobs(server: EmbeddedRedis, bundle: Bundle, connect: Connect) -> None:
    keys = (SecretStr("first-key-of-a-shop"), SecretStr("second-key-of-a-shop"))
    settings = ApiSettings(redis_url=server.url, max_jobs_per_key=2, api_keys=keys)
    body = {"item_ids": ["15010"]}
    async with connect(create_app(settings, bundle, QuickEmbedder())) as client:
        first, second = {"X-API-Key": "first-key-of-a-shop"}, {"Authorization": "Bearer second-key-of-a-shop"}
        for _ in range(2):
            assert (await client.post("/embeddings", json=body, headers=first)).status_code == 202
        refused = await client.post("/embeddings", json=body, headers=first)
        assert "2 jobs of yours" in problem_of(refused, "rate_limited").detail
        assert 3500 < int(refused.headers["retry-after"]) <= 3700
        assert (await client.post("/embeddings", json=body, headers=second)).status_code == 202


async def test_without_keys_a_made_up_key_is_no_other_caller(
    server: EmbeddedRedis, bundle: Bundle, connect: Connect, valkey: redis.Redis
) -> None:
    settings = ApiSettings(redis_url=server.url, max_jobs_per_key=1)
    body = {"item_ids": ["15010"]}
    async with connect(create_app(settings, bundle, QuickEmbedder())) as client:
        assert (await client.post("/embeddings", json=body, headers={"X-API-Key": "one"})).status_code == 202
        problem_of(await client.post("/embeddings", json=body, headers={"X-API-Key": "two"}), "rate_limited")


async def test_a_full_redis_does_not_stop_an_accepted_job(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, valkey: redis.Redis
) -> None:
    embedder.gate = asyncio.Event()
    job_id = await start(client, ["15010"] * 100)
    await asyncio.wait_for(embedder.entered.wait(), 5)
    valkey.config_set("maxmemory", "1mb")
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        valkey.set("other", "x")
    embedder.gate.set()
    job = await finished(client, job_id)
    assert (job["status"], job["done"], len(job["results"])) == ("succeeded", 100, 100)
    problem_of(await client.post("/embeddings", json={"item_ids": ["15010"]}), "queue_full")


async def test_the_job_of_a_dead_process_fails_in_a_full_redis_too(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, valkey: redis.Redis
) -> None:
    embedder.gate = asyncio.Event()
    job_id = await start(client, ["15010"] * 3)
    await asyncio.wait_for(embedder.entered.wait(), 5)
    valkey.config_set("maxmemory", "1mb")
    valkey.delete(f"job:{job_id}:lease")
    job = await finished(client, job_id)
    assert (job["status"], job["done"], len(job["errors"])) == ("failed", 3, 3)


@pytest.mark.parametrize("code", ["queue_full", "inference_timeout"])
async def test_a_job_for_which_there_is_never_room_fails_with_the_reason(
    settings: ApiSettings, bundle: Bundle, connect: Connect, monkeypatch: pytest.MonkeyPatch, code: Any
) -> None:
    monkeypatch.setattr("api.app.JobRunner", functools.partial(JobRunner, busy_patience_s=0.5))
    embedder = QuickEmbedder()
    async with connect(create_app(settings, bundle, embedder)) as client:
        embedder.problems += [ServiceProblem(code, "no place for it")] * 1000
        job = await finished(client, await start(client, ["15010", "no"] * 20), "?limit=1000")
    assert (job["status"], job["done"], job["results"]) == ("failed", 40, [])
    assert [error["code"] for error in job["errors"]] == [code, "unknown_item"] * 20
    assert job["errors"][-2]["detail"] == "the job stopped: no place for it"


async def test_a_fault_while_a_lease_is_renewed_does_not_end_the_renewing(
    client: httpx2.AsyncClient,
    embedder: FakeEmbedder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    renew, renewed, faults = JobStore.renew_lease, asyncio.Event(), [TypeError("not a number"), TimeoutError()]

    async def faulty(store: JobStore, job_id: str) -> bool:
        if faults:
            raise faults.pop()
        renewed.set()
        return await renew(store, job_id)

    monkeypatch.setattr(JobStore, "renew_lease", faulty)
    monkeypatch.setattr("api.jobs.runner.LEASE_S", 0.2)
    embedder.gate = asyncio.Event()
    job_id = await start(client, ["15010"])
    await asyncio.wait_for(renewed.wait(), 5)
    embedder.gate.set()
    assert (await finished(client, job_id))["status"] == "succeeded"
    assert caplog.text.count("could not be renewed; it is tried again") == 2


async def test_a_fault_of_ours_ends_the_job_as_well(
    client: httpx2.AsyncClient, embedder: FakeEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def embed(*_: object, **__: object) -> Embedded:
        raise ZeroDivisionError

    monkeypatch.setattr(embedder, "embed", embed)
    job = await finished(client, await start(client, ["15010"] * 3))
    assert (job["status"], [error["code"] for error in job["errors"]]) == ("failed", ["internal_error"] * 3)


async def test_a_job_that_redis_has_lost_leaves_nothing_behind(
    settings: ApiSettings, bundle: Bundle, connect: Connect, embedder: FakeEmbedder, valkey: redis.Redis
) -> None:
    embedder.gate = asyncio.Event()
    async with connect(create_app(settings, bundle, embedder)) as client:
        job_id = await start(client, ["15010"] * 100)
        await asyncio.wait_for(embedder.entered.wait(), 5)
        valkey.flushdb()
        embedder.gate.set()
        async with asyncio.timeout(10):
            while "lookalike_embedding_jobs 0.0" not in (await client.get("/metrics")).text:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        problem_of(await client.get(f"/jobs/{job_id}"), "unknown_job")
    assert valkey.keys("*") == []


async def test_errors_of_a_running_job_are_told_in_the_order_of_the_request(
    client: httpx2.AsyncClient, embedder: FakeEmbedder
) -> None:
    embedder.gate = asyncio.Event()
    job_id = await start(client, ["no", "15010", "nor", "15011"])
    await asyncio.wait_for(embedder.entered.wait(), 5)
    job = (await client.get(f"/jobs/{job_id}")).json()
    assert (job["done"], [error["index"] for error in job["errors"]]) == (1, [0])
    embedder.gate.set()
    job = await finished(client, job_id)
    assert (job["done"], [error["index"] for error in job["errors"]]) == (4, [0, 2])


def test_the_memory_of_a_job_is_estimated_with_its_rounding() -> None:
    class Everything:
        def having(self, item_ids: Sequence[str]) -> list[bool]:
            return [True] * len(item_ids)

    request = JobRequest.of_items(["15010"] * 10_000, Everything())
    # jemalloc rounds the records, 10.28 MB, up to 10 MiB.
    assert 10 * 1024 * 1024 < memory_needed(request, request.packed_names()) < 10.7 * MB

"""Whatever is in Redis, photos are answered afterwards: a real Redis, a real worker."""

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
import redis

from api.embedding.client import EmbeddingClient
from api.embedding.monitor import Look
from api.metrics import Metrics
from contracts.embedding_job import WORKER_VERSIONS_KEY, heartbeat_key, queue_name, worker_starts_key
from contracts.embedding_reply import Embedded
from launch.embedded_redis import EmbeddedRedis
from tests.api_embedding.harness import VERSION, WorkerProcess, embedding_of, photo, running, until

pytestmark = pytest.mark.services

GOOD = json.loads(Embedded("0" * 32, VERSION, np.ones(512, np.float32), 60, 80, 1.0, 1.0).to_bytes())
REPLIES = {
    "embedding of another type": json.dumps({**GOOD, "embedding": 123}).encode(),
    "no JSON": b"\x00\xff garbage",
    "nothing": b"",
    "no object": b"[1, 2]",
    "deep": b"[" * 100_000,
    "deep inside": b'{"a":' * 100_000,
    "nan": json.dumps({**GOOD, "decode_ms": float("nan")}).encode(),
    "half a character": json.dumps({**GOOD, "category": "\ud800", "confidence": 0.5}).encode(),
    "wide": json.dumps({**GOOD, "width": 10**400}).encode(),
    "unknown job": json.dumps(GOOD).encode(),
    "job of another type": json.dumps({**GOOD, "job_id": ["a"]}).encode(),
    "100 MB": b'"' + b"x" * 100_000_000 + b'"',
}
MESSAGES = {
    "no JSON": b"\xff\xfe",
    "deep": b"[" * 100_000,
    "no object": b"[1]",
    "empty object": b"{}",
    "half a message": b'{"body":"e30=","headers":{},"properties":{"delivery_tag":"x","delivery_info":{}}}',
}


@pytest.fixture(scope="module")
def worker(server: EmbeddedRedis) -> Iterator[WorkerProcess]:
    with WorkerProcess(server.url) as worker:
        yield worker


@asynccontextmanager
async def ready(server: EmbeddedRedis, metrics: Metrics) -> AsyncIterator[EmbeddingClient]:
    async with running(EmbeddingClient(server.url, model_version=VERSION, metrics=metrics)) as client:
        await until(lambda: client.health().worker)
        yield client


async def assert_answers(client: EmbeddingClient) -> None:
    picture = photo(7)
    np.testing.assert_allclose((await client.embed(picture)).embedding, embedding_of(picture), rtol=1e-5)
    assert client.health().worker


def counted(metrics: Metrics, name: str) -> float:
    lines = metrics.render(pending_jobs=0, embedding_jobs=0).decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


@pytest.mark.parametrize("kind", REPLIES)
@pytest.mark.usefixtures("worker")
async def test_a_reply_that_no_worker_sends_costs_no_photo(
    server: EmbeddedRedis, connection: redis.Redis, kind: str
) -> None:
    metrics = Metrics()
    async with ready(server, metrics) as client:
        for _ in range(3 if len(REPLIES[kind]) < 1_000_000 else 1):
            connection.rpush(client._reply_to, REPLIES[kind])
        await assert_answers(client)
    assert counted(metrics, "lookalike_background_failures_total") == 0
    assert (counted(metrics, "lookalike_dropped_replies_total") > 0) == (kind != "unknown job")


@pytest.mark.usefixtures("worker")
async def test_thousands_of_bad_replies_are_logged_in_one_line(
    server: EmbeddedRedis, connection: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    metrics = Metrics()
    async with ready(server, metrics) as client:
        connection.rpush(client._reply_to, *[REPLIES["no object"]] * 3000)
        await assert_answers(client)
    assert counted(metrics, "lookalike_dropped_replies_total") == 3000
    assert len([record for record in caplog.records if "dropped a reply" in record.getMessage()]) == 1


@pytest.mark.usefixtures("worker")
async def test_a_reply_key_that_holds_something_else_is_cleared(server: EmbeddedRedis, connection: redis.Redis) -> None:
    async with ready(server, Metrics()) as client:
        connection.set(client._reply_to, "not a list")
        await assert_answers(client)


@pytest.mark.usefixtures("worker")
async def test_keys_of_the_workers_that_hold_something_else_hide_no_worker(
    server: EmbeddedRedis, connection: redis.Redis
) -> None:
    keys = (WORKER_VERSIONS_KEY, worker_starts_key(VERSION), heartbeat_key(VERSION))
    metrics = Metrics()
    async with ready(server, metrics) as client:
        for value in (b"\xff", b"9" * 5000, None):
            for key in keys:
                connection.delete(key)
                _ = connection.hset(key, "a", "b") if value is None else connection.set(key, value)
            await until(functools.partial(_has_looked_again, client, client._monitor.look))
            await assert_answers(client)
    connection.delete(*keys)
    assert counted(metrics, "lookalike_background_failures_total") == 0


@pytest.mark.parametrize("kind", MESSAGES)
async def test_a_message_that_no_api_sends_costs_no_photo(
    server: EmbeddedRedis, connection: redis.Redis, worker: WorkerProcess, kind: str
) -> None:
    async with ready(server, Metrics()) as client:
        connection.lpush(queue_name(VERSION), MESSAGES[kind])
        await assert_answers(client)
    assert worker.process.poll() is None


async def test_a_queue_key_that_holds_something_else_is_cleared(
    server: EmbeddedRedis, connection: redis.Redis, worker: WorkerProcess
) -> None:
    async with ready(server, Metrics()) as client:
        connection.set(queue_name(VERSION), "not a list")
        await until(lambda: not connection.exists(queue_name(VERSION)))
        await assert_answers(client)
    assert worker.process.poll() is None


async def test_a_job_whose_keys_hold_something_else_is_not_delivered_for_ever(
    server: EmbeddedRedis, connection: redis.Redis, worker: WorkerProcess
) -> None:
    async with running(EmbeddingClient(server.url, model_version=VERSION, timeout_s=3)) as client:
        await until(lambda: client.health().worker)
        with worker.paused():
            asked = asyncio.create_task(client.embed(photo(1)))
            await until(lambda: bool(connection.keys("photo:*")))
            [key] = connection.keys("photo:*")
            connection.delete(key)
            connection.rpush(key, "not a picture")
        await asyncio.gather(asked, return_exceptions=True)
        await until(lambda: not connection.hlen("unacked"))
        connection.delete(key)
        await assert_answers(client)
    assert any("holds something else" in line for line in worker.log)


async def test_a_consumer_that_fails_is_seen_and_started_again(server: EmbeddedRedis, worker: WorkerProcess) -> None:
    metrics = Metrics()
    async with ready(server, metrics) as client:
        consumer = client._replies
        pops, fails = consumer._redis.blpop, True

        async def pop(*arguments: object, **options: object) -> object:
            if fails:
                raise ZeroDivisionError
            return await pops(*arguments, **options)  # type: ignore[arg-type]

        consumer._redis.blpop = pop  # type: ignore[method-assign, assignment]
        await until(lambda: not client.health().worker, timeout_s=10)
        assert "'embedding replies' failed (ZeroDivisionError)" in client.health().worker_detail
        fails = False
        await until(lambda: client.health().worker, timeout_s=15)
        await assert_answers(client)
    assert counted(metrics, 'lookalike_background_failures_total{task="embedding replies"}') >= 1


def _has_looked_again(client: EmbeddingClient, before: Look) -> bool:
    return client._monitor.look is not before

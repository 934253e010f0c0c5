"""What anyone who can write to the queue can make a worker log."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import redis
from celery import Celery

from api.embedding.client import EmbeddingClient
from api.http.request_context import current_request_id
from contracts.delivery import LASTS_HEADER, SENT_AT_HEADER
from contracts.embedding_job import EMBED_TASK, REQUEST_ID_HEADER, photo_key, queue_name
from contracts.errors import PictureRejected
from contracts.redis_url import celery_broker_url
from launch.embedded_redis import EmbeddedRedis
from tests.api_embedding.harness import VERSION, WorkerProcess, photo, running, until

pytestmark = pytest.mark.services

FORGED = "\n2026-01-01 00:00:00,000 INFO    worker: ready: model forged\x1b[31m"


async def test_a_message_forges_no_line_of_a_workers_log() -> None:
    with EmbeddedRedis() as server, WorkerProcess(server.url) as worker:
        sender = Celery(broker=celery_broker_url(server.url), set_as_current=False)
        with sender.connection_for_write() as connection:
            sent = {"queue": queue_name(VERSION), "connection": connection}
            sender.send_task(f"unknown{FORGED}", **sent)
            sender.send_task(EMBED_TASK, kwargs={"job_id": FORGED, "reply_to": "reply:x"}, **sent)
            sender.send_task(EMBED_TASK, kwargs={FORGED: 1}, **sent)
            for digit, request_id in (("1", FORGED), ("2", [FORGED]), ("3", FORGED * 10)):
                with redis.Redis.from_url(server.url) as store:
                    store.set(photo_key(digit * 32), b"no picture", ex=60)
                job = {"job_id": digit * 32, "reply_to": "reply:x"}
                headers = {REQUEST_ID_HEADER: request_id, "traceparent": FORGED, "tracestate": "x" * 100_000}
                headers |= {SENT_AT_HEADER: FORGED, LASTS_HEADER: [FORGED]}
                sender.send_task(EMBED_TASK, kwargs=job, headers=headers, **sent)
            sender.send_task(EMBED_TASK, kwargs={"job_id": "0" * 32, "reply_to": "reply:x", "box": FORGED}, **sent)
        await until(lambda: sum("forged" in line for line in worker.log) >= 5)
        await until(lambda: sum("of request unknown" in line for line in worker.log) == 2)
        log = list(worker.log)
    assert all(line.rstrip("\n").isprintable() for line in log), log
    # Every line that is not one of a traceback begins as the worker's own do.
    assert not [line for line in log if line.startswith("2026-01-01")]


async def test_the_log_names_the_request_of_what_is_refused() -> None:
    async with running_worker() as (worker, client):
        current_request_id.set("order-4711")
        # Whole to its header, and nothing after it.
        damaged = photo(1)[:700]
        with pytest.raises(PictureRejected):
            await client.embed(damaged)
        await until(lambda: any("of request order-4711: image_unreadable" in line for line in worker.log))
        assert sum("order-4711" in line for line in worker.log) == 1


@asynccontextmanager
async def running_worker() -> AsyncIterator[tuple[WorkerProcess, EmbeddingClient]]:
    with EmbeddedRedis() as server, WorkerProcess(server.url) as worker:
        async with running(EmbeddingClient(server.url, model_version=VERSION)) as client:
            yield worker, client


async def test_an_eviction_policy_that_loses_photos_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    with EmbeddedRedis() as server, redis.Redis.from_url(server.url) as connection:
        connection.config_set("maxmemory-policy", "allkeys-lru")
        async with running(EmbeddingClient(server.url, model_version=VERSION)):
            await asyncio.sleep(1.5)
            assert sum("eviction policy is allkeys-lru" in line for line in caplog.messages) == 1
            connection.config_set("maxmemory-policy", "noeviction")
            await until(lambda: any("noeviction again" in line for line in caplog.messages))

"""What anyone who can write to the queue can make a worker log."""

import pytest
from celery import Celery

from contracts.embedding_job import EMBED_TASK, queue_name
from contracts.redis_url import celery_broker_url
from launch.embedded_redis import EmbeddedRedis
from tests.api_embedding.harness import VERSION, WorkerProcess, until

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
            sender.send_task(EMBED_TASK, kwargs={"job_id": "0" * 32, "reply_to": "reply:x", "box": FORGED}, **sent)
        await until(lambda: sum("forged" in line for line in worker.log) >= 4)
        log = list(worker.log)
    assert all(line.rstrip("\n").isprintable() for line in log), log
    # Every line that is not one of a traceback begins as the worker's own do.
    assert not [line for line in log if line.startswith("2026-01-01")]

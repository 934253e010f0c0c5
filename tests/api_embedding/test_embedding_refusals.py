"""What is refused at once, and what after its deadline: nobody waits for nothing."""

import asyncio
import os
import signal
import time
import uuid
from pathlib import Path

import pytest
import redis

from api.embedding.admission import AdmissionLimits
from api.embedding.client import EmbeddingClient
from api.embedding.publishing import Publisher, Submission
from api.http.problems import ServiceProblem
from contracts.embedding_job import WORKER_VERSIONS_KEY, EmbedJob, heartbeat_key
from launch.embedded_redis import EmbeddedRedis
from tests.api_embedding.harness import VERSION, photo, running, until

pytestmark = [pytest.mark.services, pytest.mark.alone]

# A heartbeat without a worker behind it: jobs are accepted and never answered.


def _pretend_worker(connection: redis.Redis, version: str = VERSION) -> None:
    connection.set(heartbeat_key(version), "pretended", ex=60)
    connection.sadd(WORKER_VERSIONS_KEY, version)


@pytest.fixture(autouse=True)
def _empty(connection: redis.Redis) -> None:
    connection.flushdb()


async def _refusal(client: EmbeddingClient, picture: bytes, *, within_s: float) -> ServiceProblem:
    started = time.perf_counter()
    with pytest.raises(ServiceProblem) as caught:
        await client.embed(picture)
    assert time.perf_counter() - started < within_s
    return caught.value


async def test_without_a_worker(client: EmbeddingClient, connection: redis.Redis) -> None:
    problem = await _refusal(client, photo(1), within_s=0.05)
    assert problem.code == "no_worker"
    assert problem.status == 503
    assert problem.retry_after_s
    assert not connection.keys("photo:*")
    health = client.health()
    assert health.redis
    assert not health.worker
    assert VERSION in health.worker_detail


async def test_with_workers_of_another_model_only(server: EmbeddedRedis, connection: redis.Redis) -> None:
    _pretend_worker(connection, "fake-2")
    async with running(EmbeddingClient(server.url, model_version=VERSION)) as client:
        problem = await _refusal(client, photo(1), within_s=0.05)
        assert problem.code == "model_mismatch"
        assert "fake-2" in problem.detail
        assert VERSION in problem.detail
        # A worker that died leaves its version in the set, but no key.
        connection.delete(heartbeat_key("fake-2"))
        await until(lambda: "no worker" in client.health().worker_detail)


async def test_the_deadline(server: EmbeddedRedis, connection: redis.Redis) -> None:
    _pretend_worker(connection)
    async with running(EmbeddingClient(server.url, model_version=VERSION, timeout_s=0.3)) as client:
        started = time.perf_counter()
        problem = await _refusal(client, photo(1), within_s=1.0)
        assert problem.code == "inference_timeout"
        assert problem.status == 504
        assert time.perf_counter() - started >= 0.3
        # The probe's own may lie there still.
        await until(lambda: len(connection.keys("photo:*")) <= 1)
        assert not client.health().worker


async def test_too_many_waiting(server: EmbeddedRedis, connection: redis.Redis) -> None:
    _pretend_worker(connection)
    limits = AdmissionLimits(max_pending_jobs=4)
    async with running(EmbeddingClient(server.url, model_version=VERSION, limits=limits)) as client:
        waiting = [asyncio.create_task(client.embed(photo(seed))) for seed in range(4)]
        await until(lambda: client.health().pending_jobs == 4)
        problem = await _refusal(client, photo(5), within_s=0.05)
        assert problem.code == "queue_full"
        assert problem.retry_after_s
        waiting.pop().cancel()
        await until(lambda: client.health().pending_jobs == 3)
        room = asyncio.create_task(client.embed(photo(5)))
        await until(lambda: client.health().pending_jobs == 4)
        for task in [*waiting, room]:
            task.cancel()
        await asyncio.gather(*waiting, room, return_exceptions=True)


async def test_too_many_bytes_waiting(server: EmbeddedRedis, connection: redis.Redis) -> None:
    _pretend_worker(connection)
    limits = AdmissionLimits(max_pending_bytes=3_000_000)
    async with running(EmbeddingClient(server.url, model_version=VERSION, limits=limits)) as client:
        waiting = asyncio.create_task(client.embed(bytes(2_000_000)))
        await until(lambda: client.health().pending_jobs == 1)
        problem = await _refusal(client, bytes(2_000_000), within_s=0.05)
        assert problem.code == "queue_full"
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)


async def test_redis_half_full(tmp_path: Path) -> None:
    with EmbeddedRedis(maxmemory_mb=16) as small, redis.Redis.from_url(small.url) as connection:
        _pretend_worker(connection)
        # Redis holds the photos until their deadline, also those that nobody waits for any more.
        async with running(EmbeddingClient(small.url, model_version=VERSION, timeout_s=2.0)) as client:
            # Between two looks, what this process has sent itself counts.
            waiting = [asyncio.create_task(client.embed(bytes(3_000_000))) for _ in range(2)]
            await until(lambda: client.health().pending_jobs == 2)
            assert (await _refusal(client, bytes(3_000_000), within_s=0.05)).code == "queue_full"
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            # Asked of Redis itself: the client's last look may be from before the photos came.
            await until(lambda: connection.info("memory")["used_memory"] < 3_000_000)
            # What others have stored counts with the next look.
            ballast = [f"ballast:{part}" for part in range(9)]
            for key in ballast:
                connection.set(key, bytes(800_000))
            await until(lambda: not client.health().redis)
            assert "photos is full" in client.health().redis_detail
            assert (await _refusal(client, photo(1), within_s=0.05)).code == "queue_full"
            connection.delete(*ballast)
            await until(lambda: client.health().redis)


async def test_redis_without_memory_that_no_look_has_seen_yet() -> None:
    with EmbeddedRedis(maxmemory_mb=16) as small, redis.Redis.from_url(small.url) as connection:
        _pretend_worker(connection)
        async with running(EmbeddingClient(small.url, model_version=VERSION)) as client:
            connection.config_set("maxmemory", "1mb")
            assert (await _refusal(client, photo(1), within_s=0.5)).code == "queue_full"


async def test_a_publisher_that_is_closed_while_it_sends(server: EmbeddedRedis) -> None:
    publisher = Publisher(server.url, VERSION)
    await publisher.warm_up()
    os.kill(server.pid, signal.SIGSTOP)
    try:
        # More than it has threads: some wait for Redis's answer, some for a thread.
        jobs = [EmbedJob(uuid.uuid4().hex, "reply:closed", None) for _ in range(8)]
        sending = [
            asyncio.create_task(publisher.publish(Submission(job, photo(1), time.monotonic() + 5))) for job in jobs
        ]
        await asyncio.sleep(0.1)
        await publisher.close()
        ended = await asyncio.gather(*sending, return_exceptions=True)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert [problem.code for problem in ended if isinstance(problem, ServiceProblem)] == ["queue_unavailable"] * 8


async def test_no_redis_at_the_start_and_later_one(tmp_path: Path) -> None:
    url = f"unix://{tmp_path}/redis.sock"
    async with running(EmbeddingClient(url, model_version=VERSION)) as client:
        assert (await _refusal(client, photo(1), within_s=0.05)).code == "queue_unavailable"
        assert not client.health().redis
        with EmbeddedRedis(folder=tmp_path):
            await until(lambda: client.health().redis, timeout_s=3)
            assert (await _refusal(client, photo(1), within_s=0.05)).code == "no_worker"


async def test_redis_that_hangs_and_nobody_knows_yet(server: EmbeddedRedis, connection: redis.Redis) -> None:
    _pretend_worker(connection)
    async with running(EmbeddingClient(server.url, model_version=VERSION)) as client:
        os.kill(server.pid, signal.SIGSTOP)
        try:
            problem = await _refusal(client, photo(1), within_s=1.5)
            assert problem.code == "queue_unavailable"
            await until(lambda: not client.health().redis, timeout_s=3)
            assert (await _refusal(client, photo(1), within_s=0.05)).code == "queue_unavailable"
        finally:
            os.kill(server.pid, signal.SIGCONT)
        await until(lambda: client.health().redis, timeout_s=3)

"""A Redis that answers with errors is not one that is away for good: nothing ends, and all heals by itself."""

import asyncio
import logging
import time
from collections.abc import Iterator

import pytest
import redis

from api.embedding.client import EmbeddingClient
from api.http.problems import ServiceProblem
from contracts.embedding_reply import Embedded
from launch.embedded_redis import EmbeddedRedis
from tests.api_embedding.harness import VERSION, WorkerProcess, photo, running, until
from tests.api_embedding.refusals import REFUSALS

pytestmark = pytest.mark.services

# Long enough for some tries, and for the heartbeat's.
_REFUSED_S = 2.0


@pytest.fixture
def server() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis() as server:
        yield server


@pytest.mark.parametrize("reply", REFUSALS)
async def test_while_running(server: EmbeddedRedis, reply: str, caplog: pytest.LogCaptureFixture) -> None:
    with WorkerProcess(server.url) as worker:
        async with running(EmbeddingClient(server.url, model_version=VERSION)) as client:
            await until(lambda: client.health().worker)
            assert isinstance(await client.embed(photo(1)), Embedded)
            lines, caplog_lines = len(worker.log), len(caplog.records)
            with REFUSALS[reply](server):
                begun = time.monotonic()
                await until(lambda: not client.health().redis, timeout_s=5)
                assert time.monotonic() - begun < 2.0
                for _ in range(3):
                    with pytest.raises(ServiceProblem) as caught:
                        await client.embed(photo(2))
                    assert caught.value.code in {"queue_unavailable", "queue_full"}
                await asyncio.sleep(_REFUSED_S)
                assert worker.process.poll() is None, "".join(worker.log[lines:])
            await _answers_again(client)
            assert isinstance(await client.embed(photo(3)), Embedded)
            logged = [record for record in caplog.records[caplog_lines:] if record.levelno >= logging.WARNING]
            assert len(logged) <= 6, [record.getMessage() for record in logged]
            assert len(worker.log) - lines <= 8, "".join(worker.log[lines:])
            said = "".join(worker.log[lines:])
            assert "Traceback" not in said
            assert "Deprecation" not in said
            assert reply in said


async def test_a_worker_that_waits_for_messages_is_unblocked(server: EmbeddedRedis) -> None:
    """What a server that becomes a replica tells those that wait, whatever else they are told afterwards."""
    with WorkerProcess(server.url) as worker, redis.Redis.from_url(server.url) as connection:

        def unblocked() -> bool:
            # Again and again: now and then the worker does something else than wait.
            for client in connection.client_list():
                if "b" in client["flags"]:
                    connection.execute_command("CLIENT", "UNBLOCK", client["id"], "ERROR")
            return any("UNBLOCKED" in line for line in worker.log)

        async with running(EmbeddingClient(server.url, model_version=VERSION)) as client:
            await until(lambda: client.health().worker)
            await until(unblocked)
            await _answers_again(client)
            assert isinstance(await client.embed(photo(1)), Embedded)
        assert "Traceback" not in "".join(worker.log)


@pytest.mark.parametrize("reply", REFUSALS)
async def test_while_starting(server: EmbeddedRedis, reply: str) -> None:
    worker = WorkerProcess(server.url)
    refusing = REFUSALS[reply](server)
    with refusing:
        worker.start()
        await until(lambda: any("trying again" in line for line in worker.log))
        async with running(EmbeddingClient(server.url, model_version=VERSION)) as client:
            assert not client.health().redis
        await asyncio.sleep(_REFUSED_S / 2)
        assert worker.process.poll() is None, "".join(worker.log)
        assert len(worker.log) <= 3, "".join(worker.log)
    try:
        await asyncio.to_thread(worker.wait_ready)
        async with running(EmbeddingClient(server.url, model_version=VERSION)) as client:
            await _answers_again(client)
    finally:
        worker.kill()


async def test_a_worker_that_waits_for_redis_can_be_stopped(server: EmbeddedRedis) -> None:
    with WorkerProcess(server.url) as worker, REFUSALS["READONLY"](server):
        await until(lambda: any("trying again" in line for line in worker.log))
        await asyncio.sleep(1)
        worker.process.terminate()
        assert await asyncio.to_thread(worker.process.wait, 15) == 0


async def test_pictures_in_flight_when_the_memory_is_full_are_answered_afterwards(server: EmbeddedRedis) -> None:
    with WorkerProcess(server.url, "--batch-ms", "300") as worker:
        async with running(EmbeddingClient(server.url, model_version=VERSION, timeout_s=20)) as client:
            await until(lambda: client.health().worker)
            lines = len(worker.log)
            asked = [asyncio.create_task(client.embed(photo(seed))) for seed in range(60)]
            await until(lambda: client.health().pending_jobs == len(asked))
            await asyncio.sleep(0.3)
            with REFUSALS["OOM"](server):
                await asyncio.sleep(_REFUSED_S)
                assert worker.process.poll() is None
            answers = await asyncio.gather(*asked, return_exceptions=True)
            # Those that Redis had no room for were told so.
            refused = [answer for answer in answers if isinstance(answer, ServiceProblem)]
            assert all(problem.code == "queue_full" for problem in refused), refused
            assert len(refused) + sum(isinstance(answer, Embedded) for answer in answers) == len(asked), answers
            assert len(refused) < len(asked)
            # At most two for each picture, since its message may come again while it is embedded, and once it has gone.
            assert len(worker.log) - lines <= 2 * len(asked) + 10, "".join(worker.log[lines:])


async def _answers_again(client: EmbeddingClient) -> None:
    async with asyncio.timeout(12):
        while True:
            try:
                assert isinstance(await client.embed(photo(4)), Embedded)
            except ServiceProblem:
                await asyncio.sleep(0.1)
            else:
                return

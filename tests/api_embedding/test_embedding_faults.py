"""What happens when a worker or Redis dies, hangs or comes back while pictures are under way."""

import asyncio
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
import redis

from api.embedding.client import EmbeddingClient
from api.http.problems import ServiceProblem
from contracts.embedding_job import heartbeat_key, queue_name
from contracts.embedding_reply import Embedded
from contracts.errors import PictureRejected
from launch.embedded_redis import EmbeddedRedis
from tests.api_embedding.harness import VERSION, WorkerProcess, embedding_of, photo, plain, running, until
from tests.worker.fake_engine import HANGS, KILLS_PROCESS
from worker.hung_engine import EXIT_STATUS

pytestmark = pytest.mark.services


@pytest.fixture(autouse=True)
def _nothing_of_the_test_before(connection: redis.Redis) -> None:
    connection.flushdb()


@asynccontextmanager
async def _client(url: str, *, timeout_s: float = 20.0) -> AsyncIterator[EmbeddingClient]:
    """A client through which a picture has just gone."""
    async with running(EmbeddingClient(url, model_version=VERSION, timeout_s=timeout_s)) as client:
        await until(lambda: client.health().worker, timeout_s=15)
        yield client


def _assert_all_embedded(pictures: Sequence[bytes], replies: Sequence[Embedded | BaseException]) -> None:
    for picture, reply in zip(pictures, replies, strict=True):
        assert isinstance(reply, Embedded), reply
        np.testing.assert_allclose(reply.embedding, embedding_of(picture), rtol=1e-5)


async def test_a_worker_killed_mid_batch_costs_no_answer(server: EmbeddedRedis, connection: redis.Redis) -> None:
    with WorkerProcess(server.url, "--batch-ms", "200") as worker:
        async with _client(server.url) as client:
            pictures = [photo(seed) for seed in range(8)]
            asked = [asyncio.create_task(client.embed(picture)) for picture in pictures]
            await until(lambda: connection.hlen("unacked") >= len(pictures))
            worker.kill()
            await asyncio.to_thread(worker.restart)
            _assert_all_embedded(pictures, await asyncio.gather(*asked, return_exceptions=True))
            await until(lambda: not connection.keys("att:*") + connection.keys("photo:*"))


async def test_what_a_killed_worker_had_taken_is_submitted_again_when_one_starts() -> None:
    # Long past the deadline would Redis give the lost jobs to another worker by itself.
    with (
        EmbeddedRedis() as server,
        redis.Redis.from_url(server.url) as connection,
        WorkerProcess(server.url, "--batch-ms", "150", "--visibility-timeout-s", "600") as worker,
    ):
        async with _client(server.url, timeout_s=10) as client:
            pictures = [photo(seed) for seed in range(6)]
            asked = [asyncio.create_task(client.embed(picture)) for picture in pictures]
            await until(lambda: connection.hlen("unacked") >= len(pictures))
            worker.kill()
            await asyncio.to_thread(worker.restart)
            _assert_all_embedded(pictures, await asyncio.gather(*asked, return_exceptions=True))


async def test_a_picture_that_kills_workers_is_refused_and_its_neighbours_are_not(server: EmbeddedRedis) -> None:
    kills = 0
    with WorkerProcess(server.url, "--batch-ms", "30", "--visibility-timeout-s", "1") as worker:
        async with _client(server.url) as client:
            pictures = [photo(seed) for seed in range(8)]
            asked = [
                asyncio.create_task(client.embed(picture))
                for picture in [*pictures[:4], plain(KILLS_PROCESS), *pictures[4:]]
            ]
            killer = asked.pop(4)
            while not killer.done() and kills < 4:
                await asyncio.wait(
                    {killer, ended := asyncio.ensure_future(asyncio.to_thread(worker.process.wait))},
                    return_when="FIRST_COMPLETED",
                )
                if not killer.done():
                    assert await ended == -signal.SIGSEGV
                    kills += 1
                    await asyncio.to_thread(worker.restart)
            with pytest.raises(PictureRejected) as caught:
                await killer
            assert caught.value.code == "image_unreadable"
            assert 1 <= kills <= 3
            _assert_all_embedded(pictures, await asyncio.gather(*asked, return_exceptions=True))
            worker.process.terminate()


async def test_a_picture_that_hangs_the_engine_is_refused_and_its_neighbours_are_not(server: EmbeddedRedis) -> None:
    options = ("--batch-ms", "30", "--visibility-timeout-s", "1", "--stuck-s", "0.5")
    with WorkerProcess(server.url, *options) as worker:
        async with _client(server.url) as client:
            pictures = [photo(seed) for seed in range(4)]
            hanging = asyncio.create_task(client.embed(plain(HANGS)))
            asked = [asyncio.create_task(client.embed(picture)) for picture in pictures]
            ends = 0
            while not hanging.done() and ends < 4:
                ended = asyncio.ensure_future(asyncio.to_thread(worker.process.wait))
                await asyncio.wait({hanging, ended}, return_when="FIRST_COMPLETED")
                if not hanging.done():
                    assert await ended == EXIT_STATUS
                    ends += 1
                    await asyncio.to_thread(worker.restart)
            with pytest.raises(PictureRejected) as caught:
                await hanging
            assert caught.value.code == "image_unreadable"
            assert 1 <= ends <= 3
            _assert_all_embedded(pictures, await asyncio.gather(*asked, return_exceptions=True))
            worker.process.terminate()


@pytest.mark.parametrize("ahead_s", ["7200", "-7200"])
async def test_workers_with_different_clocks_take_nothing_from_each_other(server: EmbeddedRedis, ahead_s: str) -> None:
    options = ("--batch-ms", "600", "--batch-limit", "1", "--visibility-timeout-s", "3")
    with (
        WorkerProcess(server.url, *options) as right,
        WorkerProcess(server.url, *options, "--clock-ahead-s", ahead_s) as wrong,
    ):
        async with _client(server.url) as client:
            pictures = [photo(seed) for seed in range(6)]
            replies = await asyncio.gather(*map(client.embed, pictures), return_exceptions=True)
            _assert_all_embedded(pictures, replies)
    assert not [line for line in right.log + wrong.log if "again" in line]
    assert any("set the clocks" in line for line in wrong.log)


async def test_redis_emptied_by_somebody_then_photos(server: EmbeddedRedis, connection: redis.Redis) -> None:
    with WorkerProcess(server.url, "--batch-ms", "200", "--batch-limit", "2"):
        async with _client(server.url, timeout_s=8) as client:
            pictures = [photo(seed) for seed in range(8)]
            asked = [asyncio.create_task(client.embed(picture)) for picture in pictures]
            # Some are with the worker, the others wait in Redis.
            await until(lambda: connection.hlen("unacked") == 4 and connection.llen(queue_name(VERSION)) == 4)
            connection.flushall()
            emptied = time.monotonic()
            _assert_all_embedded(pictures, await asyncio.gather(*asked, return_exceptions=True))
            assert await _first_success(client) - emptied < 10
            await until(lambda: client.health().worker)
            assert not connection.keys("att:*") + connection.keys("photo:*")


@pytest.mark.parametrize(
    ("options", "number"), [((), signal.SIGHUP), (("--nohup",), signal.SIGTERM)], ids=["hang-up", "nohup"]
)
async def test_a_worker_told_to_stop_finishes_what_it_has_begun(
    server: EmbeddedRedis, connection: redis.Redis, options: tuple[str, ...], number: signal.Signals
) -> None:
    with WorkerProcess(server.url, "--batch-ms", "300", *options) as worker:
        async with _client(server.url) as client:
            pictures = [photo(seed) for seed in range(6)]
            asked = [asyncio.create_task(client.embed(picture)) for picture in pictures]
            await until(lambda: connection.hlen("unacked") >= len(pictures))
            if "--nohup" in options:
                worker.process.send_signal(signal.SIGHUP)
                await client.embed(photo(9))
            worker.process.send_signal(number)
            _assert_all_embedded(pictures, await asyncio.gather(*asked, return_exceptions=True))
            assert await asyncio.to_thread(worker.process.wait, 10) == 0
            assert not connection.hgetall("unacked")
            assert not connection.exists(heartbeat_key(VERSION))
            # And says so: within seconds the API knows that nobody is there.
            await until(lambda: "no worker" in client.health().worker_detail)
            with pytest.raises(ServiceProblem) as caught:
                await client.embed(photo(1))
            assert caught.value.code == "no_worker"


@pytest.mark.alone
async def test_a_worker_that_stands_still_is_noticed_within_three_seconds(server: EmbeddedRedis) -> None:
    with WorkerProcess(server.url) as worker:
        async with _client(server.url) as client:
            with worker.paused():
                begun = time.monotonic()
                waiting = asyncio.create_task(client.embed(photo(1)))
                await until(lambda: not client.health().worker)
                assert time.monotonic() - begun < 3.3
                assert "no worker" in client.health().worker_detail
                started = time.perf_counter()
                with pytest.raises(ServiceProblem) as caught:
                    await client.embed(photo(2))
                assert time.perf_counter() - started < 0.05
                assert caught.value.code == "no_worker"
            # What was accepted before is answered all the same.
            assert isinstance(await waiting, Embedded)
            await until(lambda: client.health().worker, timeout_s=3)


@pytest.mark.alone
async def test_redis_killed_and_restarted_costs_no_accepted_picture(tmp_path: Path) -> None:
    with EmbeddedRedis(folder=tmp_path) as first, WorkerProcess(first.url, "--batch-ms", "200"):
        async with _client(first.url) as client:
            pictures = [photo(seed) for seed in range(12)]
            asked = [asyncio.create_task(client.embed(picture)) for picture in pictures]
            with redis.Redis.from_url(first.url) as connection:
                await until(lambda: connection.hlen("unacked") >= len(pictures))
            os.kill(first.pid, signal.SIGKILL)
            await until(lambda: not client.health().redis, timeout_s=3)
            with pytest.raises(ServiceProblem) as caught:
                await client.embed(photo(1))
            assert caught.value.code == "queue_unavailable"
            with EmbeddedRedis(folder=tmp_path) as second, redis.Redis.from_url(second.url) as connection:
                back = time.monotonic()
                assert await _first_success(client) - back < 5
                _assert_all_embedded(pictures, await asyncio.gather(*asked, return_exceptions=True))
                await until(lambda: not connection.keys("att:*") + connection.keys("photo:*"))
                assert isinstance(await client.embed(photo(99)), Embedded)


@pytest.mark.alone
async def test_redis_restarted_while_idle_then_one_picture(tmp_path: Path) -> None:
    with EmbeddedRedis(folder=tmp_path) as first, WorkerProcess(first.url) as worker:
        async with _client(first.url) as client:
            lines = len(worker.log)
            os.kill(first.pid, signal.SIGKILL)
            with EmbeddedRedis(folder=tmp_path):
                await until(lambda: any("Redis is back" in line for line in worker.log[lines:]))
                await until(lambda: client.health().redis)
                started = time.perf_counter()
                assert isinstance(await client.embed(photo(1)), Embedded)
                assert time.perf_counter() - started < 1.0


@pytest.mark.alone
async def test_all_connections_cut_then_one_picture(server: EmbeddedRedis, connection: redis.Redis) -> None:
    with WorkerProcess(server.url):
        async with _client(server.url) as client:
            for _ in range(2):
                connection.client_kill_filter(_type="normal", skipme=True)
                started = time.perf_counter()
                assert isinstance(await client.embed(photo(1)), Embedded)
                assert time.perf_counter() - started < 3.0


@pytest.mark.alone
async def test_redis_standing_still_does_not_stop_the_event_loop(server: EmbeddedRedis) -> None:
    with WorkerProcess(server.url, "--batch-ms", "100"):
        async with _client(server.url) as client:
            ticking = asyncio.create_task(_lateness_s())
            control = _MachineLateness()
            control.start()
            pictures = [photo(seed) for seed in range(4)]
            asked = [asyncio.create_task(client.embed(picture)) for picture in pictures]
            await until(lambda: client.health().pending_jobs == len(pictures))
            await asyncio.sleep(0.05)
            os.kill(server.pid, signal.SIGSTOP)
            try:
                refusals = []
                for _ in range(6):
                    started = time.perf_counter()
                    with pytest.raises(ServiceProblem) as caught:
                        await client.embed(photo(1))
                    refusals.append(time.perf_counter() - started)
                    assert caught.value.code == "queue_unavailable"
                    await asyncio.sleep(0.4)
            finally:
                os.kill(server.pid, signal.SIGCONT)
            assert max(refusals) < 1.5
            assert refusals[-1] < 0.05
            back = time.monotonic()
            assert await _first_success(client) - back < 5
            ticking.cancel()
            # What a thread that does nothing was late by is the machine's own; the rest would be a Redis call on
            # the loop, which stops it for its whole time limit, at least half a second.
            assert max(await ticking) < control.stop() + 0.1
            _assert_all_embedded(pictures, await asyncio.gather(*asked, return_exceptions=True))


class _MachineLateness(threading.Thread):
    """How late a thread wakes that only sleeps: what a busy machine does to everybody."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._stopping = threading.Event()
        self._worst_s = 0.0

    def run(self) -> None:
        while not self._stopping.is_set():
            before = time.monotonic()
            time.sleep(0.01)
            self._worst_s = max(self._worst_s, time.monotonic() - before - 0.01)

    def stop(self) -> float:
        self._stopping.set()
        self.join()
        return self._worst_s


async def _first_success(client: EmbeddingClient) -> float:
    async with asyncio.timeout(10):
        while True:
            try:
                await client.embed(photo(7))
            except ServiceProblem:
                await asyncio.sleep(0.1)
            else:
                return time.monotonic()


async def _lateness_s() -> list[float]:
    """How late a timer of 10 ms came each time, until cancelled."""
    late_s = []
    try:
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0.01)
            late_s.append(time.perf_counter() - started - 0.01)
    except asyncio.CancelledError:
        return late_s

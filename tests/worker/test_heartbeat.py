import threading
from collections.abc import Iterator

import numpy as np
import pytest
import redis
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddedBatch
from contracts.embedding_job import HEARTBEAT_TTL_MS, WORKER_VERSIONS_KEY, heartbeat_key, worker_starts_key
from launch.embedded_redis import EmbeddedRedis
from tests.worker.fake_engine import INPUT_SIZE, FakeEngine
from worker.batching import Batcher
from worker.heartbeat import Heartbeat

pytestmark = pytest.mark.services


class _HangingEngine(FakeEngine):
    def __init__(self) -> None:
        super().__init__()
        self.entered, self.gate = threading.Event(), threading.Event()

    def embed(self, batch: NDArray[np.uint8]) -> EmbeddedBatch:
        self.entered.set()
        assert self.gate.wait(10)
        return super().embed(batch)


@pytest.fixture
def connection() -> Iterator[redis.Redis]:
    with EmbeddedRedis() as server, redis.Redis.from_url(server.url) as connection:
        yield connection


@pytest.fixture
def engine() -> _HangingEngine:
    return _HangingEngine()


@pytest.fixture
def batcher(engine: _HangingEngine) -> Iterator[Batcher]:
    batcher = Batcher(engine, 4)
    batcher.start()
    yield batcher
    engine.gate.set()
    batcher.stop()


def _heartbeat(connection: redis.Redis, batcher: Batcher) -> Heartbeat:
    return Heartbeat(connection, "fake-1", batcher, engine_stuck_s=0.0)


def _started(connection: redis.Redis, batcher: Batcher) -> Heartbeat:
    heartbeat = _heartbeat(connection, batcher)
    heartbeat.start()
    return heartbeat


def test_a_worker_that_says_ready_is_announced(connection: redis.Redis, batcher: Batcher) -> None:
    heartbeat = _started(connection, batcher)
    assert connection.exists(heartbeat_key("fake-1"))
    heartbeat.stop()


def test_it_beats_while_the_engine_lives(connection: redis.Redis, batcher: Batcher) -> None:
    heartbeat = _heartbeat(connection, batcher)
    assert heartbeat.beat() is None
    assert heartbeat.beat() is None
    assert connection.get(worker_starts_key("fake-1")) == b"1"
    assert 0 < connection.pttl(heartbeat_key("fake-1")) <= HEARTBEAT_TTL_MS
    assert connection.smembers(WORKER_VERSIONS_KEY) == {b"fake-1"}


def test_it_is_silent_while_the_engine_hangs(connection: redis.Redis, batcher: Batcher, engine: _HangingEngine) -> None:
    waiting = threading.Thread(target=batcher.embed, args=(np.ones((3, INPUT_SIZE, INPUT_SIZE), np.uint8),))
    waiting.start()
    assert engine.entered.wait(5)
    assert "hangs" in str(_heartbeat(connection, batcher).beat())
    assert not connection.exists(heartbeat_key("fake-1"))
    engine.gate.set()
    waiting.join()
    assert _heartbeat(connection, batcher).beat() is None


def test_it_is_silent_once_the_engine_thread_has_ended(connection: redis.Redis) -> None:
    batcher = Batcher(FakeEngine(), 4)
    batcher.start()
    batcher.stop()
    assert "ended" in str(_heartbeat(connection, batcher).beat())
    assert not connection.exists(heartbeat_key("fake-1"))


def test_it_takes_its_key_back_but_not_anothers(connection: redis.Redis, batcher: Batcher) -> None:
    alone = _started(connection, batcher)
    alone.stop()
    assert not connection.exists(heartbeat_key("fake-1"))
    first = _started(connection, batcher)
    _heartbeat(connection, batcher).beat()
    first.stop()
    assert connection.exists(heartbeat_key("fake-1"))


def test_an_absent_redis_is_reported_not_raised(batcher: Batcher) -> None:
    with redis.Redis.from_url("unix:///nowhere/redis.sock") as nowhere:
        assert "cannot be reached" in str(_heartbeat(nowhere, batcher).beat())

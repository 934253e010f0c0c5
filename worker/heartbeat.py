"""Tells the APIs that a worker of this model version is alive, for as long as its engine is."""

import logging
import threading
import uuid
from collections.abc import Callable, Sequence

import redis

from contracts.embedding_job import (
    HEARTBEAT_INTERVAL_S,
    HEARTBEAT_TTL_MS,
    WORKER_VERSIONS_KEY,
    heartbeat_key,
    heartbeat_value,
    worker_starts_key,
)
from worker.batching import Batcher
from worker.connection import is_about_content
from worker.state_log import StateLog, describe
from worker.supervised_thread import SupervisedThread

logger = logging.getLogger(__name__)

# A connection that was merely cut is back within this time.
_QUEUE_GRACE_S = 3.0


class Heartbeat:
    """A thread that renews the worker's key in Redis, and lets it expire when the engine hangs or has ended.

    Args:
        connection: Redis.
        model_version: of the engine.
        batcher: its health is checked before every beat.
        engine_stuck_s: a forward pass that takes longer counts as hung.
        queue_state: a worker that cannot take jobs for some seconds sends no beats.
        started: told which start of a worker of this model this is.
        detector_version: of the garment detector; None if there is none.
    """

    def __init__(
        self,
        connection: "redis.Redis",
        model_version: str,
        batcher: Batcher,
        *,
        engine_stuck_s: float,
        queue_state: StateLog | None = None,
        started: Callable[[int], None] | None = None,
        detector_version: str | None = None,
    ) -> None:
        self._redis = connection
        self._version = model_version
        self._batcher = batcher
        self._engine_stuck_s = engine_stuck_s
        self._queue_state = queue_state or StateLog("the queue")
        self._started = started
        self._value = heartbeat_value(uuid.uuid4().hex, detector_version)
        self._start_told = False
        self._silent = False
        self._stopping = threading.Event()
        self._thread = SupervisedThread("heartbeat", self._run)

    def start(self) -> None:
        """Send the first beat, then continue in the thread: when this returns, the worker is announced."""
        self._beat_and_log()
        self._thread.start()

    def stop(self) -> None:
        """Stop, and delete the key unless another worker has renewed it since."""
        if not self._thread.is_alive():
            return
        self._stopping.set()
        self._thread.join()
        try:
            self._delete_own_key()
        except redis.RedisError as error:
            logger.info("the heartbeat was not deleted and will expire: %s", describe(error))

    def _delete_own_key(self) -> None:
        key = heartbeat_key(self._version)
        if self._redis.get(key) == self._value.encode():
            self._redis.delete(key)

    def _run(self) -> None:
        while not self._stopping.wait(HEARTBEAT_INTERVAL_S):
            self._beat_and_log()

    def _beat_and_log(self) -> None:
        problem = self.beat()
        if problem and not self._silent:
            logger.error("no heartbeat: %s", problem)
        elif self._silent and not problem:
            logger.info("the heartbeat is back")
        self._silent = bool(problem)

    def beat(self) -> str | None:
        """Renew the key once; returns the reason why that failed, or None."""
        if not self._batcher.is_healthy(self._engine_stuck_s):
            return "the engine thread has ended or hangs"
        problem = self._queue_state.problem_since(_QUEUE_GRACE_S)
        try:
            if problem is not None:
                self._delete_own_key()
                return f"no job can be taken from the queue: {problem}"
            with self._redis.pipeline(transaction=False) as pipeline:
                pipeline.set(heartbeat_key(self._version), self._value, px=HEARTBEAT_TTL_MS)
                pipeline.sadd(WORKER_VERSIONS_KEY, self._version)
                if not self._start_told:
                    pipeline.incr(worker_starts_key(self._version))
                beat, *others = pipeline.execute(raise_on_error=False)
            if isinstance(beat, redis.RedisError):
                raise beat
            self._mend(others)
        except redis.RedisError as error:
            return describe(error)
        if not self._start_told and self._started is not None and isinstance(others[-1], int):
            self._started(others[-1])
        self._start_told = True
        return None

    def _mend(self, answers: Sequence[object]) -> None:
        """Delete keys that Redis refuses to change because they hold something else; the next beat sets them again.

        Raises:
            redis.RedisError: of another kind.
        """
        for key, answer in zip((WORKER_VERSIONS_KEY, worker_starts_key(self._version)), answers, strict=False):
            if is_about_content(answer):
                logger.warning("the key %s holds something else (%s); it is deleted", key, answer)
                self._redis.delete(key)
            elif isinstance(answer, redis.RedisError):
                raise answer

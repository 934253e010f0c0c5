"""Which of the jobs that wait here are still wanted: when a client hangs up or is late, its photo leaves Redis.

A job has its picture in memory by then, and would not notice by itself. So one thread asks Redis about all that have
waited for a while, a few times a second and in one round trip; who waits only reads a flag.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import redis

from contracts.embedding_job import photo_key
from worker.supervised_thread import SupervisedThread

logger = logging.getLogger(__name__)

# How often is asked, and how often who waits should look, seconds.
LOOK_S: Final = 0.1


class WantedJob:
    """A job that waits.

    Args:
        job_id: of the job.
        deadline: by `time.monotonic`.
    """

    def __init__(self, job_id: str, deadline: float) -> None:
        self.key = photo_key(job_id)
        self.since = time.monotonic()
        self.has_gone = False
        self._deadline = deadline

    def is_wanted(self) -> bool:
        """Whether somebody still waits for the answer; costs nothing."""
        return not self.has_gone and time.monotonic() < self._deadline


class WantedJobs:
    """The jobs that wait in this process; shared by its threads.

    Args:
        connection: Redis.
    """

    def __init__(self, connection: "redis.Redis") -> None:
        self._redis = connection
        self._lock = threading.Lock()
        self._waiting: set[WantedJob] = set()
        self._stopping = threading.Event()
        self._thread = SupervisedThread("wanted jobs", self._watch)

    def start(self) -> None:
        """Start asking."""
        self._thread.start()

    def stop(self) -> None:
        """Stop asking, without waiting for Redis; what still waits counts as wanted."""
        self._stopping.set()

    @contextmanager
    def waiting(self, job_id: str, deadline: float) -> Iterator[WantedJob]:
        """Watch over a job until the block is left."""
        job = WantedJob(job_id, deadline)
        with self._lock:
            self._waiting.add(job)
        try:
            yield job
        finally:
            with self._lock:
                self._waiting.discard(job)

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_S):
            with self._lock:
                # Most jobs are answered sooner than that.
                long = [job for job in self._waiting if time.monotonic() - job.since >= LOOK_S]
            if long:
                self._look(long)

    def _look(self, jobs: list[WantedJob]) -> None:
        try:
            with self._redis.pipeline(transaction=False) as pipeline:
                for job in jobs:
                    pipeline.exists(job.key)
                answers = pipeline.execute(raise_on_error=False)
        except (redis.RedisError, OSError) as error:
            # Then nothing is known, and all of them are finished.
            logger.debug("Redis did not say which jobs are still wanted: %r", error)
            return
        for job, answer in zip(jobs, answers, strict=True):
            job.has_gone = answer == 0

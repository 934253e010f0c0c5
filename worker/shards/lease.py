"""Keeps a shard's message from being given to another worker while this one works on it."""

import logging
import os
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import redis

from contracts.errors import StoreUnavailableError
from model.shards.work_folder import WorkFolder
from worker.hung_engine import EXIT_STATUS
from worker.state_log import describe

logger = logging.getLogger(__name__)

# Of the time after which a shard counts as left behind.
_RENEWALS: Final = 6


class Lease:
    """While the block runs, a message counts as just taken; if the process dies, it is delivered again soon after.

    A shard takes from seconds to many minutes. So no fixed time could tell a slow worker from a dead one.

    Args:
        connection: Redis.
        index_key: of the messages under way.
        delivery_tag: of this one.
        work: where its job is.
        job: of the shard.
        lease_s: time after which the queue takes the message back, seconds.
        stuck_s: without a picture for so long, this process ends: its engine hangs, and only a new one helps.
        end: ends the process at once, with this exit status.

    Attributes:
        unwanted: whether the job was withdrawn.
    """

    def __init__(
        self,
        connection: "redis.Redis",
        index_key: str,
        delivery_tag: str,
        work: WorkFolder,
        job: str,
        *,
        lease_s: float,
        stuck_s: float,
        end: Callable[[int], object] = os._exit,
    ) -> None:
        self._redis = connection
        self._index_key, self._tag = index_key, delivery_tag
        self._work, self._job = work, job
        self._lease_s, self._stuck_s = lease_s, stuck_s
        self._end = end
        self._ended = threading.Event()
        self._picture_at = time.monotonic()
        self.unwanted = False

    def __enter__(self) -> Self:
        # Apart, because a slow store must not keep the message from being renewed. Nobody waits for their end: one may
        # be asking the store, and renewing what has ended does nothing.
        for name, work in (("lease", self._renew_again), ("wanted", self._look_again)):
            threading.Thread(target=work, name=name, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()

    def note_picture(self) -> None:
        """Note that the shard gets on."""
        self._picture_at = time.monotonic()

    def _renew(self) -> None:
        try:
            seconds, microseconds = self._redis.time()
            # Of one that is not under way any more, nothing is noted.
            self._redis.zadd(self._index_key, {self._tag: seconds + microseconds / 1e6}, xx=True)
        except redis.RedisError as error:
            logger.info("the shard's message is not renewed now: %s", describe(error))

    def _renew_again(self) -> None:
        while not self._ended.wait(self._lease_s / _RENEWALS):
            if time.monotonic() - self._picture_at > self._stuck_s:
                logger.critical(
                    "no picture has been finished for %g s (LOOKALIKE_ENGINE_STUCK_S): the engine hangs, or the folder "
                    "of pictures does; this process ends with status %d, to be started again",
                    self._stuck_s,
                    EXIT_STATUS,
                )
                self._end(EXIT_STATUS)
                return
            self._renew()

    def _look_again(self) -> None:
        while not self.unwanted and not self._ended.wait(self._lease_s / _RENEWALS):
            try:
                self.unwanted = not self._work.is_wanted(self._job)
            except StoreUnavailableError as error:
                logger.info("%s", error)

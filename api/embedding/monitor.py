"""The cached state of Redis and the workers, so that no request has to query it."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from redis.exceptions import OutOfMemoryError, RedisError, ResponseError

from api.background import BackgroundTask
from api.embedding.connections import connect_async, is_of_wrong_type
from api.embedding.eviction import EvictionWarning
from api.embedding.job_ledger import LEDGER_KEY, RESERVED_BYTES, RESERVED_KEY
from api.embedding.redis_memory import RedisMemory
from api.metrics import Metrics
from api.paced_log import PacedLog
from contracts.embedding_job import (
    HEARTBEAT_INTERVAL_S,
    LIVELY_TTL_S,
    WORKER_VERSIONS_KEY,
    WRITE_CHECK_KEY,
    heartbeat_key,
    worker_starts_key,
)

logger = logging.getLogger(__name__)

_INTERVAL_S = 0.5
_INTERVAL_WHILE_DOWN_S = 0.25
_TIMEOUT_S = 0.9
# A worker that stops deletes the heartbeat key, even if another of the same version still runs. That one
# sets it again at its next heartbeat; until then no request may be refused. Less than the time between two looks.
_HEARTBEAT_GRACE_S = HEARTBEAT_INTERVAL_S + 0.4
_LONGEST_COUNTER = 20
# They are only named in a message.
_VERSIONS_ASKED = 100
_WRITE_CHECK_TTL_S = 60
_ANSWERS_USED = 6


@dataclass(frozen=True, slots=True)
class Look:
    """The state that the last check found.

    Attributes:
        redis_problem: why Redis cannot be used, or None.
        worker: a worker of our model version is alive.
        other_versions: model versions of the workers that are alive, if none of ours is.
        memory: of Redis.
        worker_starts: how often a worker of our model version has been started.
        is_full: Redis refuses writes because its memory is used up.
    """

    redis_problem: str | None
    worker: bool
    other_versions: tuple[str, ...] = ()
    memory: RedisMemory = field(default_factory=RedisMemory)
    worker_starts: int = 0
    is_full: bool = False

    @property
    def problem(self) -> str | None:
        """Why no photo can be submitted as far as Redis is concerned, or None."""
        if self.redis_problem is None and self.is_full:
            return "Redis has no memory left, so it refuses writes"
        return self.redis_problem or self.memory.problem

    @property
    def accepts_writes(self) -> bool:
        """Whether Redis took what was last written to it."""
        return self.redis_problem is None and not self.is_full


class Monitor:
    """Checks Redis and the heartbeats about twice a second.

    Args:
        redis_url: as for redis-py.
        model_version: only its workers count.
        on_returned: awaited when Redis or the workers are available again, or a worker has started.
        metrics: counts what fails.
    """

    def __init__(
        self, redis_url: str, model_version: str, on_returned: Callable[[], Awaitable[None]], metrics: Metrics
    ) -> None:
        self._redis = connect_async(redis_url)
        self._version = model_version
        self._on_returned = on_returned
        self._worker_seen_at = float("-inf")
        self._task = BackgroundTask("embedding monitor", self._run, metrics)
        self._answered_keys: list[str] = []
        self._odd = PacedLog(logger)
        self._eviction = EvictionWarning()
        self.look = Look("Redis has not been checked yet", worker=False)

    @property
    def problem(self) -> str | None:
        """Why nothing is checked at the moment, or None."""
        return self._task.problem

    async def start(self) -> None:
        """Check once, then keep checking in the background; never raises if Redis is unavailable."""
        self.look = await self._take_look()
        self._task.start()

    async def stop(self) -> None:
        """Stop checking, delete the remaining keys of `forget_soon`, and close the connection."""
        await self._task.stop()
        if self._answered_keys and self.look.redis_problem is None:
            with contextlib.suppress(RedisError, OSError):
                async with asyncio.timeout(_TIMEOUT_S):
                    await self._redis.unlink(*self._answered_keys)
        await self._redis.aclose()

    def forget_soon(self, *keys: str) -> None:
        """Delete these keys at the next check, all in one command."""
        self._answered_keys.extend(keys)

    def saw_worker(self) -> None:
        """A worker of our model version runs: it has answered, or renewed its key."""
        self._worker_seen_at = time.monotonic()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_INTERVAL_S if self.look.redis_problem is None else _INTERVAL_WHILE_DOWN_S)
            before, self.look = self.look, await self._take_look()
            self._log(before, self.look)
            if _may_have_lost_jobs(before, self.look):
                await self._on_returned()

    def _log(self, before: Look, now: Look) -> None:
        """Write one line for each state, not for each look."""
        if now.redis_problem is not None:
            if now.redis_problem != before.redis_problem:
                logger.warning("%s; asking again until that ends", now.redis_problem)
        elif now.is_full:
            if not before.is_full:
                logger.warning("%s; asking again until that ends", now.problem)
        elif not before.accepts_writes:
            logger.warning("Redis is back")

    async def _take_look(self) -> Look:
        forgotten, self._answered_keys = self._answered_keys, []
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                return await self._ask(forgotten)
        except TimeoutError:
            problem = f"Redis has not answered for {_TIMEOUT_S:g} s"
        except ResponseError as error:
            problem = f"Redis refuses commands ({error!s:.200})"
        except (RedisError, OSError) as error:
            problem = f"Redis cannot be reached ({error!s:.200})"
        return replace(self.look, redis_problem=problem, worker=self._worker_lives())

    async def _ask(self, forgotten: list[str]) -> Look:
        async with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.ttl(heartbeat_key(self._version))
            pipeline.smembers(WORKER_VERSIONS_KEY)
            # Before the memory, so that what is released here is no longer counted there.
            pipeline.eval(RESERVED_BYTES, 2, LEDGER_KEY, RESERVED_KEY)
            pipeline.info("memory")
            pipeline.get(worker_starts_key(self._version))
            # Redis may answer every question and yet refuse what a photo needs.
            pipeline.set(WRITE_CHECK_KEY, 1, ex=_WRITE_CHECK_TTL_S)
            if forgotten:
                pipeline.unlink(*forgotten)
            answers = await pipeline.execute(raise_on_error=False)
            is_full = any(isinstance(answer, OutOfMemoryError) for answer in answers[:_ANSWERS_USED])
            beat_ttl_s, versions, job_bytes, memory, starts, _ = map(self._usable, answers[:_ANSWERS_USED])
        self._eviction.note(memory)
        # -1: what does not expire, which no worker sets.
        alive = beat_ttl_s == -1 or beat_ttl_s >= LIVELY_TTL_S
        if alive:
            self.saw_worker()
        return Look(
            None,
            worker=self._worker_lives(),
            other_versions=() if alive else await self._others(versions or ()),
            memory=RedisMemory(
                used_bytes=int(memory.get("used_memory", 0)),
                max_bytes=int(memory.get("maxmemory", 0)),
                job_bytes=int(job_bytes or 0),
            ),
            worker_starts=_whole_number(starts),
            is_full=is_full,
        )

    async def _others(self, versions: Iterable[bytes]) -> tuple[str, ...]:
        """Which of some model versions have a worker that is alive; ours has none that runs."""
        named = {version.decode(errors="replace") for version in versions}
        known = sorted(named - {self._version})[:_VERSIONS_ASKED]
        beats = await self._redis.mget([heartbeat_key(version) for version in known]) if known else []
        return tuple(version for version, beat in zip(known, beats, strict=True) if beat)

    def _usable(self, answer: Any) -> Any:
        """An answer of Redis; None where its key holds something odd, which must not make Redis look unavailable.

        None too where Redis has no memory: that is told apart from other refusals.

        Raises:
            RedisError: the answer is another error.
        """
        if is_of_wrong_type(answer):
            self._odd.warning(f"a key of the workers holds something else ({answer}); delete worker:* in Redis")
            return None
        if isinstance(answer, OutOfMemoryError):
            return None
        if isinstance(answer, RedisError):
            raise answer
        return answer

    def _worker_lives(self) -> bool:
        return time.monotonic() - self._worker_seen_at < _HEARTBEAT_GRACE_S


def _may_have_lost_jobs(before: Look, now: Look) -> bool:
    """Whether all is well now but was not at some time between these two checks."""
    if not now.accepts_writes or not now.worker:
        return False
    return not before.accepts_writes or not before.worker or before.worker_starts != now.worker_starts


def _whole_number(text: bytes | None) -> int:
    """The number that a counter in Redis holds; 0 if it holds something else."""
    return int(text) if text is not None and text.isdigit() and len(text) < _LONGEST_COUNTER else 0

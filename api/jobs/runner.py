"""Processes the embedding jobs that this process accepted."""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

from redis.exceptions import RedisError

from api.http.problems import ServiceProblem
from api.items.open_index import OpenIndex
from api.jobs.pictures import JobPicture, PictureEmbedder
from api.jobs.store import LEASE_S, JobError, JobResult, JobStore, JobView, queue_unavailable
from api.settings import ApiSettings

# Redis also holds the photos of live requests, so no new jobs are accepted once it is half full.
MAX_MEMORY_SHARE: Final = 0.5
PATIENCE_S: Final = 60.0
_JOBS_AT_ONCE: Final = 2
_RENEWALS_PER_LEASE: Final = 4
_STOP_S: Final = 3.0

_log = logging.getLogger("lookalike.api")


class JobRunner:
    """Accepts jobs and processes them, a few at a time.

    Args:
        settings: of the process.
        patience_s: how long Redis or the workers may be unavailable before a job fails, seconds.
    """

    def __init__(self, settings: ApiSettings, *, patience_s: float = PATIENCE_S) -> None:
        self._settings = settings
        self._patience_s = patience_s
        self._store: JobStore | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore(_JOBS_AT_ONCE)

    @property
    def active(self) -> int:
        """Number of jobs that run or wait in this process."""
        return len(self._tasks)

    async def start(self) -> None:
        """Get ready; does not need Redis yet."""
        self._store = JobStore(self._settings.redis_url)

    async def stop(self) -> None:
        """Fail all jobs that have not finished, and close the connections."""
        unfinished = list(self._tasks.items())
        for _, task in unfinished:
            task.cancel()
        if unfinished:
            await asyncio.wait([task for _, task in unfinished], timeout=_STOP_S)
        if self._store is not None:
            with suppress(RedisError, TimeoutError):
                async with asyncio.timeout(_STOP_S):
                    for job_id, _ in unfinished:
                        await self._store.finish(job_id, "failed")
            await self._store.close()
            self._store = None

    async def submit(self, pictures: Sequence[JobPicture], index: OpenIndex) -> JobView:
        """Accept a job; it uses this index and its model to its end.

        Raises:
            ServiceProblem: `queue_full` or `queue_unavailable`.
        """
        share = index.embedder.health().redis_memory_share
        if share is not None and share > MAX_MEMORY_SHARE:
            raise ServiceProblem("queue_full", f"Redis is {share:.0%} full and takes no new jobs; try again later", 30)
        if self.active >= self._settings.max_jobs:
            raise ServiceProblem("queue_full", f"{self.active} jobs run or wait here already; try again later", 10)
        store = self._open_store()
        job_id = secrets.token_hex(16)
        # Its place is taken before the first await, so that simultaneous requests cannot exceed the limit.
        noted = asyncio.Event()
        task = asyncio.create_task(self._work(store, job_id, tuple(pictures), index, noted))
        self._tasks[job_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job_id, None))
        try:
            await store.create(job_id, len(pictures))
        except RedisError as error:
            task.cancel()
            raise queue_unavailable(error) from error
        noted.set()
        return JobView(job_id, "queued", 0, len(pictures))

    async def read(self, job_id: str, *, limit: int, offset: int) -> JobView | None:
        """A job of any process, or None if it is unknown.

        Raises:
            ServiceProblem: `queue_unavailable`.
        """
        try:
            return await self._open_store().read(job_id, limit=limit, offset=offset)
        except RedisError as error:
            raise queue_unavailable(error) from error

    def _open_store(self) -> JobStore:
        if self._store is None:
            raise ServiceProblem("queue_unavailable", "this process is starting or stopping; try again")
        return self._store

    async def _work(
        self,
        store: JobStore,
        job_id: str,
        pictures: tuple[JobPicture, ...],
        index: OpenIndex,
        noted: asyncio.Event,
    ) -> None:
        await noted.wait()
        working = asyncio.current_task()
        lease = asyncio.create_task(self._hold_lease(store, job_id, working))
        try:
            async with self._turn:
                succeeded = await self._embed_all(store, job_id, pictures, index)
                await self._persist(lambda: store.finish(job_id, "succeeded" if succeeded else "failed"))
        except (ServiceProblem, RedisError) as error:
            _log.warning("job %s failed: %s", job_id, error)
            with suppress(RedisError):
                await store.finish(job_id, "failed")
        finally:
            lease.cancel()

    async def _embed_all(self, store: JobStore, job_id: str, pictures: tuple[JobPicture, ...], index: OpenIndex) -> int:
        """Embed the pictures in a sliding window and store the results in order; returns how many succeeded."""
        await self._persist(lambda: store.set_running(job_id))
        embedder = PictureEmbedder(
            index,
            max_upload_bytes=self._settings.max_upload_bytes,
            patience_s=self._patience_s,
        )
        waiting = deque(pictures)
        window: deque[asyncio.Task[JobResult | JobError]] = deque()
        succeeded = 0
        try:
            while waiting or window:
                while waiting and len(window) < self._settings.job_pictures_in_flight:
                    window.append(asyncio.create_task(embedder.embed(waiting.popleft())))
                finished = [await window.popleft()]
                while window and window[0].done():
                    finished.append(window.popleft().result())
                results = [outcome for outcome in finished if isinstance(outcome, JobResult)]
                errors = [outcome for outcome in finished if isinstance(outcome, JobError)]
                await self._append(store, job_id, results, errors)
                succeeded += len(results)
        finally:
            for task in window:
                task.cancel()
            await asyncio.gather(*window, return_exceptions=True)
        return succeeded

    async def _append(self, store: JobStore, job_id: str, results: list[JobResult], errors: list[JobError]) -> None:
        await self._persist(lambda: store.append(job_id, results, errors))

    async def _persist(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write to Redis, and retry for a while if that fails; all writes are idempotent."""
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._patience_s
        pause_s = 0.1
        while True:
            try:
                await write()
            except RedisError:
                if loop.time() >= give_up:
                    raise
            else:
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, 2.0)

    async def _hold_lease(self, store: JobStore, job_id: str, working: asyncio.Task[None] | None) -> None:
        while True:
            await asyncio.sleep(LEASE_S / _RENEWALS_PER_LEASE)
            with suppress(RedisError):
                if not await store.renew_lease(job_id):
                    _log.warning("job %s lost its lease: Redis was unavailable for too long", job_id)
                    if working is not None:
                        working.cancel()
                    return

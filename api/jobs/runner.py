"""Processes the embedding jobs that this process accepted."""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from typing import Final

from redis.exceptions import RedisError

from api.http.problems import ServiceProblem
from api.items.asking import Asking
from api.items.open_index import OpenIndex
from api.jobs.outcomes import Finished, JobResult, JobView, StopReason
from api.jobs.pictures import BUSY_PATIENCE_S, PictureEmbedder
from api.jobs.refusals import queue_unavailable
from api.jobs.request import JobPicture, JobRequest
from api.jobs.store import LEASE_S, JobLimits, JobStore
from api.jobs.turns import JobTurns, PhotoTraffic
from api.settings import ApiSettings
from contracts.log_format import current_log_fields
from tracing.spans import span, untraced

PATIENCE_S: Final = 60.0
_RENEWALS_PER_LEASE: Final = 4
_STOP_S: Final = 3.0
# Of one job; the spans of ten thousand pictures would be more than anybody looks at, and than collectors like.
_TRACED_PICTURES: Final = 100
_STOPPING: Final = StopReason("queue_unavailable", "the service stopped before its turn; send the picture again")

_log = logging.getLogger("lookalike.api")


class JobLost(Exception):
    """Another process has ended the job, or Redis has lost it."""


class JobRunner:
    """Accepts jobs and processes them side by side; photos of customers come first.

    Args:
        settings: of the process.
        photos: of customers.
        asking: asks the index.
        patience_s: how long Redis, the workers or the search engine may be unavailable before a job fails, seconds.
        busy_patience_s: how long they may be too busy for a job, seconds.
    """

    def __init__(
        self,
        settings: ApiSettings,
        photos: PhotoTraffic,
        asking: Asking,
        *,
        patience_s: float = PATIENCE_S,
        busy_patience_s: float = BUSY_PATIENCE_S,
    ) -> None:
        self._settings = settings
        self._asking = asking
        self._patience_s = patience_s
        self._busy_patience_s = busy_patience_s
        self._store: JobStore | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turns = JobTurns(settings.job_pictures_in_flight, photos.is_recent)

    @property
    def active(self) -> int:
        """Number of jobs that run or wait in this process."""
        return len(self._tasks)

    def turn(self, name: str) -> AbstractAsyncContextManager[None]:
        """A place among the pictures that are under way, as a job of this name gets it; see `JobTurns`."""
        return self._turns.turn(name)

    async def start(self) -> None:
        """Get ready; does not need Redis yet."""
        limits = JobLimits(
            memory_share=self._settings.job_memory_share,
            memory_bytes=self._settings.job_memory_bytes,
            jobs_per_caller=self._settings.max_jobs_per_key,
        )
        self._store = JobStore(self._settings.redis_url, limits)

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
                        await self._store.finish(job_id, "failed", _STOPPING)
            await self._store.close()
            self._store = None

    def check_room(self) -> None:
        """Refuse a job that `submit` would refuse now, before its body is read.

        Raises:
            ServiceProblem: `queue_full`.
        """
        if self.active >= self._settings.max_jobs:
            raise ServiceProblem("queue_full", f"{self.active} jobs run or wait here already; try again later", 10)

    async def submit(self, request: JobRequest, index: OpenIndex, caller: str) -> JobView:
        """Accept a job; it uses this index and its model to its end.

        Args:
            request: its pictures.
            index: the index whose items it names.
            caller: whose quota it counts for.

        Raises:
            ServiceProblem: `queue_full`, `rate_limited` or `queue_unavailable`.
        """
        self.check_room()
        store = self._open_store()
        job_id = secrets.token_hex(16)
        # Its place is taken before the first await, so that simultaneous requests cannot exceed the limit.
        noted = asyncio.Event()
        task = asyncio.create_task(self._work(store, job_id, request.pictures, index, noted))
        self._tasks[job_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job_id, None))
        accepted = False
        try:
            await store.accept(job_id, request, caller)
            accepted = True
        except RedisError as error:
            raise queue_unavailable(error) from error
        finally:
            if not accepted:
                task.cancel()
        noted.set()
        return JobView(job_id, "queued", 0, request.total, search=request.search)

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
        # This task has a context of its own, with the fields and the span of the request that began it.
        current_log_fields.set({**current_log_fields.get(), "job_id": job_id})
        lease = asyncio.create_task(self._hold_lease(store, job_id, working))
        try:
            with span("job", attributes={"lookalike.job.pictures": len(pictures)}):
                # Without pictures no item has any of its ids, and the job has nothing to wait for.
                succeeded = await self._embed_all(store, job_id, pictures, index) if pictures else 0
            await self._persist(lambda: store.finish(job_id, "succeeded" if succeeded else "failed"))
        except JobLost:
            _log.warning("job %s has been ended by another process, or Redis has lost it", job_id)
        except ServiceProblem as problem:
            await self._give_up(store, job_id, StopReason(problem.code, f"the job stopped: {problem.detail}"))
        except RedisError as error:
            await self._give_up(store, job_id, StopReason("queue_unavailable", queue_unavailable(error).detail))
        except Exception:
            # The edge of the job: whatever happens, nobody may wait for it in vain.
            _log.exception("job %s failed", job_id)
            reason = StopReason("internal_error", "the job stopped; the log of the service has the reason")
            await self._give_up(store, job_id, reason)
        finally:
            lease.cancel()

    async def _give_up(self, store: JobStore, job_id: str, reason: StopReason) -> None:
        _log.warning("job %s failed: %s", job_id, reason.detail)
        # If even this fails, the lease expires, and whoever reads the job next ends it.
        with suppress(RedisError):
            await store.finish(job_id, "failed", reason)

    async def _embed_all(self, store: JobStore, job_id: str, pictures: tuple[JobPicture, ...], index: OpenIndex) -> int:
        """Embed the pictures in a sliding window and store the results in order; returns how many succeeded."""

        async def finish(picture: JobPicture, number: int) -> Finished:
            with nullcontext() if number < _TRACED_PICTURES else untraced():
                return Finished(picture.slot, await embedder.embed(picture))

        async with self._turns.turn(job_id):
            # Until a picture of it may go, the job is queued.
            await self._persist(lambda: store.set_running(job_id))
        embedder = PictureEmbedder(
            index,
            self._asking,
            lambda: self._turns.turn(job_id),
            max_upload_bytes=self._settings.max_upload_bytes,
            patience_s=self._patience_s,
            busy_patience_s=self._busy_patience_s,
        )
        waiting = deque(pictures)
        window: deque[asyncio.Task[Finished]] = deque()
        succeeded = 0
        try:
            while waiting or window:
                while waiting and len(window) < self._settings.job_pictures_in_flight:
                    number = len(pictures) - len(waiting)
                    window.append(asyncio.create_task(finish(waiting.popleft(), number)))
                finished = [await window.popleft()]
                while window and window[0].done():
                    finished.append(window.popleft().result())
                await self._append(store, job_id, finished)
                succeeded += sum(isinstance(each.outcome, JobResult) for each in finished)
        finally:
            for task in window:
                task.cancel()
            await asyncio.gather(*window, return_exceptions=True)
        return succeeded

    async def _append(self, store: JobStore, job_id: str, finished: list[Finished]) -> None:
        await self._persist(lambda: store.append(job_id, finished))

    async def _persist(self, write: Callable[[], Awaitable[bool | None]]) -> None:
        """Write to Redis, and retry for a while if that fails; all writes are idempotent.

        Raises:
            JobLost: the job has ended, or is not there any more.
            RedisError: Redis was unavailable for longer than the patience.
        """
        loop = asyncio.get_running_loop()
        give_up = loop.time() + self._patience_s
        pause_s = 0.1
        while True:
            try:
                written = await write()
            except RedisError:
                if loop.time() >= give_up:
                    raise
            else:
                if written is False:
                    raise JobLost
                return
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, 2.0)

    async def _hold_lease(self, store: JobStore, job_id: str, working: asyncio.Task[None] | None) -> None:
        while True:
            await asyncio.sleep(LEASE_S / _RENEWALS_PER_LEASE)
            try:
                renewed = await store.renew_lease(job_id)
            except RedisError:
                continue
            except Exception:
                # The edge of the task, which nobody awaits: without a lease the job would end as if it were abandoned.
                _log.exception("the lease of job %s could not be renewed; it is tried again", job_id)
                continue
            if not renewed:
                _log.warning("job %s lost its lease: Redis was unavailable for too long", job_id)
                if working is not None:
                    working.cancel()
                return

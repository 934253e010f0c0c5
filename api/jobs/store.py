"""The state of embedding jobs in Redis, so that every API process can report every job.

Keys of a job, all of which expire:
    job:<id>            hash: status, total, kind, why the job stopped, what is reserved for it
    job:<id>:lease      present while the process that works on the job is alive
    job:<id>:outcomes   a byte for each picture; see `Outcome`
    job:<id>:records    a record of fixed size for each picture of a known item or upload; see `api.jobs.records`
    job:<id>:names      hash: number -> JSON list of the ids or file names of 100 pictures; see also `photo_search`

The last three are written in full size when the job is accepted, and expire an hour after its end; then the job is
`expired`. All changes are the scripts of `api.jobs.scripts`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, Literal, cast

from redis.exceptions import OutOfMemoryError
from redis.exceptions import TimeoutError as RedisTimeoutError
from starlette.concurrency import run_in_threadpool

from api.embedding.connections import connect_async
from api.embedding.job_ledger import LEDGER_KEY, RESERVED_KEY
from api.embedding.redis_memory import job_limit_bytes
from api.http.problems import ServiceProblem
from api.jobs.outcomes import Finished, JobResult, JobStatus, JobView, Outcome, StopReason
from api.jobs.pages import JobPage, PageContent
from api.jobs.photo_search import REPLY_FIELD, SEARCH_FIELD, PhotoSearch
from api.jobs.records import RECORD_BYTES, pack_embedding, pack_reason
from api.jobs.refusals import never_fits, no_room, too_many_jobs
from api.jobs.request import JobRequest, memory_needed
from api.jobs.scripts import ACCEPT, APPEND, FINISH, KEEP_REPLY, RENEW, START

KEPT_S: Final = 3600
REMEMBERED_S: Final = 24 * 3600
LEASE_S: Final = 20
_TIMEOUT_S: Final = 2.0
# What a job takes in Redis after its results have expired.
_STATE_BYTES: Final = 1024
_PARTS: Final = ("lease", "outcomes", "records", "names")
_PROCESS_ENDED: Final = StopReason(
    "queue_unavailable", "the process that worked on this job ended before its turn; send the picture again"
)


@dataclass(frozen=True, slots=True)
class JobLimits:
    """How much jobs may take in Redis, those of all processes together.

    Attributes:
        memory_share: of Redis's `maxmemory`, 0..1.
        memory_bytes: the limit if Redis has no `maxmemory`.
        jobs_per_caller: unfinished or kept.
    """

    memory_share: float
    memory_bytes: int
    jobs_per_caller: int


class JobStore:
    """Reads and writes the state of jobs.

    Args:
        redis_url: of the Redis that the workers use.
        limits: on what is stored.
    """

    def __init__(self, redis_url: str, limits: JobLimits) -> None:
        self._redis = connect_async(redis_url)
        self._limits = limits
        self._accept, self._renew, self._start, self._keep_reply, self._append, self._finish = (
            self._redis.register_script(script) for script in (ACCEPT, RENEW, START, KEEP_REPLY, APPEND, FINISH)
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose()

    async def accept(self, job_id: str, request: JobRequest, caller: str) -> None:
        """Store a new job as queued, with a lease, and reserve the memory that it will need to its end.

        Args:
            job_id: of the new job.
            request: its pictures.
            caller: whose quota it counts for.

        Raises:
            ServiceProblem: `queue_full`: the memory for jobs is in use; `rate_limited`: the caller has too many jobs.
            RedisError: Redis cannot be reached.
        """
        names = request.packed_names()
        needed = memory_needed(request, names)
        async with _in_time():
            maximum = int((await self._redis.info("memory")).get("maxmemory", 0))
            limit = job_limit_bytes(maximum, share=self._limits.memory_share, without_maximum=self._limits.memory_bytes)
            if needed + _STATE_BYTES > limit:
                raise never_fits(request.total, needed, limit)
            arguments: list[str | int | bytes] = [
                *(job_id, needed, _STATE_BYTES, caller, limit, self._limits.jobs_per_caller),
                *(KEPT_S + LEASE_S, REMEMBERED_S, LEASE_S),
                *(request.total, request.kind, request.outcomes, request.record_bytes),
            ]
            for number, block in names.items():
                arguments += number, block
            try:
                answer, *full = await self._accept(_keys(job_id), arguments)
            except OutOfMemoryError:
                raise ServiceProblem("queue_full", "Redis has no memory left for another job; try again", 30) from None
        if answer != b"accepted":
            used, wait_s = map(int, full)
            raise too_many_jobs(used, wait_s) if answer == b"caller" else no_room(needed, used, limit, wait_s)

    async def renew_lease(self, job_id: str) -> bool:
        """Renew a job's lease; False if another process has marked the job as failed, or Redis has lost it."""
        async with _in_time():
            return bool(await self._renew(_keys(job_id), [job_id, KEPT_S + LEASE_S, REMEMBERED_S, LEASE_S]))

    async def set_running(self, job_id: str) -> bool:
        """Mark a job as running; False if it has ended or is lost."""
        async with _in_time():
            return bool(await self._start(_keys(job_id), [job_id]))

    async def append(self, job_id: str, finished: Sequence[Finished]) -> bool:
        """Add finished pictures; False if the job has ended or is lost. Adding one again changes nothing."""
        arguments: list[str | int | bytes] = [job_id]
        for each in finished:
            outcome = each.outcome
            if isinstance(outcome, JobResult):
                kind, record = Outcome.EMBEDDED, pack_embedding(outcome.embedding)
            else:
                kind, record = Outcome.REFUSED, pack_reason(outcome.code, outcome.detail)
            arguments += outcome.index, bytes([kind]), each.slot * RECORD_BYTES, record
        async with _in_time():
            for each in finished:
                # First, for with its outcome the picture is finished.
                if isinstance(each.outcome, JobResult) and each.outcome.reply is not None:
                    await self._keep_reply(_keys(job_id), [job_id, each.outcome.reply.to_bytes()])
            return bool(await self._append(_keys(job_id), arguments))

    async def finish(
        self, job_id: str, status: Literal["succeeded", "failed"], reason: StopReason | None = None
    ) -> None:
        """Mark a job as ended; it is kept for another hour. A job that has ended stays as it is.

        Args:
            job_id: of the job.
            status: how it ended.
            reason: why it ended before all pictures were finished; it becomes the error of each of the others.
        """
        code, detail = ("", "") if reason is None else (reason.code, reason.detail)
        async with _in_time():
            await self._finish(
                _keys(job_id), [job_id, status, code, detail, bytes([Outcome.STOPPED]), KEPT_S, REMEMBERED_S]
            )

    async def read(self, job_id: str, *, limit: int, offset: int) -> JobView | None:
        """A job with a page of its results and a page of its errors, or None if it is unknown.

        Raises:
            RedisError: Redis cannot be reached.
        """
        async with _in_time():
            state, leased, outcomes = await self._read_state(job_id)
            if b"total" in state and state[b"status"] in {b"queued", b"running"} and not leased:
                # The process that worked on it has ended, and its pictures are lost.
                await self.finish(job_id, "failed", _PROCESS_ENDED)
                state, leased, outcomes = await self._read_state(job_id)
            if b"total" not in state:
                return None
            total = int(state[b"total"])
            if outcomes is None:
                return JobView(job_id, "expired", total, total)
            page = JobPage(outcomes, limit=limit, offset=offset)
            content = await self._content(job_id, page, state)
            if content is None:
                return JobView(job_id, "expired", total, total)
            status = cast("JobStatus", state[b"status"].decode())
            results, errors = await run_in_threadpool(page.unpack, content)
            search = await self._search_of(job_id) if state[b"kind"] == b"photo" else None
            return JobView(job_id, status, page.done, total, results, errors, search)

    async def _read_state(self, job_id: str) -> tuple[dict[bytes, bytes], bool, bytes | None]:
        """State, whether a process holds the lease, and outcomes; None if those have expired."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hgetall(_key(job_id))
            pipeline.exists(_key(job_id, "lease"))
            pipeline.get(_key(job_id, "outcomes"))
            state, leased, outcomes = await pipeline.execute()
        return state, bool(leased), outcomes

    async def _search_of(self, job_id: str) -> PhotoSearch | None:
        search, reply = await self._redis.hmget(_key(job_id, "names"), [SEARCH_FIELD, REPLY_FIELD])
        return PhotoSearch.unpacked(cast("bytes | None", search), cast("bytes | None", reply))

    async def _content(self, job_id: str, page: JobPage, state: Mapping[bytes, bytes]) -> PageContent | None:
        runs: list[bytes] = []
        blocks: list[bytes | None] = []
        if page.name_blocks:
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.hmget(_key(job_id, "names"), list(page.name_blocks))
                for first, length in page.record_runs:
                    start = first * RECORD_BYTES
                    pipeline.getrange(_key(job_id, "records"), start, start + length * RECORD_BYTES - 1)
                blocks, *runs = await pipeline.execute()
        reason = StopReason(state.get(b"code", b"").decode(), state.get(b"detail", b"").decode())
        return PageContent.of(page, runs, blocks, is_items=state[b"kind"] == b"items", reason=reason)


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            yield
    except TimeoutError as error:
        raise RedisTimeoutError(f"no answer within {_TIMEOUT_S:g} s") from error


def _keys(job_id: str) -> list[str]:
    """The keys of the scripts, in their order."""
    return [LEDGER_KEY, RESERVED_KEY, _key(job_id), *(_key(job_id, part) for part in _PARTS)]


def _key(job_id: str, part: str | None = None) -> str:
    return f"job:{job_id}" if part is None else f"job:{job_id}:{part}"

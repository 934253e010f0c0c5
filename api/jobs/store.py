"""The state of embedding jobs in Redis, so that every API process can report every job.

Keys of a job, all of which expire:
    job:<id>            hash: status, total, done
    job:<id>:results    hash: index -> one JSON line, then 512 little-endian float32
    job:<id>:errors     hash: index -> JSON
    job:<id>:lease      present while the process that works on the job is alive
    job:<id>:kept       present for an hour after the job's end; afterwards the job is `expired`

Because the hashes are keyed by index, every write is idempotent: repeating it after a lost reply changes nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

import numpy as np
import orjson
from numpy.typing import NDArray
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from api.embedding.connections import connect_async
from api.http.problems import ServiceProblem

JobStatus = Literal["queued", "running", "succeeded", "failed", "expired"]

KEPT_S: Final = 3600
REMEMBERED_S: Final = 24 * 3600
LEASE_S: Final = 20
_TIMEOUT_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class JobResult:
    """The embedding of one picture of a job.

    Attributes:
        index: position in the request.
        item_id, filename: as in the request, or None.
        embedding: (512,) float32.
    """

    index: int
    item_id: str | None
    filename: str | None
    embedding: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class JobError:
    """Why one picture of a job has no embedding."""

    index: int
    item_id: str | None
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class JobView:
    """The state of a job.

    Attributes:
        done: number of finished pictures, with or without an embedding.
        total: number of pictures of the job.
        results: a page of the pictures with an embedding, in order of index.
        errors: all finished pictures without one.
    """

    job_id: str
    status: JobStatus
    done: int
    total: int
    results: Sequence[JobResult] = ()
    errors: Sequence[JobError] = ()


class JobStore:
    """Reads and writes the state of jobs.

    Args:
        redis_url: of the Redis that the workers use.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis = connect_async(redis_url)

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose()

    async def create(self, job_id: str, total: int) -> None:
        """Store a new job as queued, with a lease.

        Raises:
            RedisError: Redis cannot be reached or is full.
        """
        async with _in_time(), self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hset(_meta(job_id), mapping={"status": "queued", "total": total, "done": 0})
            pipeline.expire(_meta(job_id), REMEMBERED_S)
            pipeline.set(_lease(job_id), b"1", ex=LEASE_S)
            await pipeline.execute()

    async def renew_lease(self, job_id: str) -> bool:
        """Renew a job's lease; False if another process has marked the job as failed, or Redis has lost it."""
        async with _in_time():
            if await self._redis.set(_lease(job_id), b"1", ex=LEASE_S, xx=True):
                return True
            # Redis may have been unavailable for longer than the lease, and no process has read the job meanwhile.
            if await _await(self._redis.hget(_meta(job_id), "status")) not in {b"queued", b"running"}:
                return False
            await self._redis.set(_lease(job_id), b"1", ex=LEASE_S)
            return True

    async def set_running(self, job_id: str) -> None:
        """Mark a job as running."""
        async with _in_time():
            await _await(self._redis.hset(_meta(job_id), "status", "running"))

    async def append(self, job_id: str, results: Sequence[JobResult], errors: Sequence[JobError]) -> None:
        """Add finished pictures; adding one again changes nothing."""
        async with _in_time(), self._redis.pipeline(transaction=True) as pipeline:
            if results:
                pipeline.hset(_results(job_id), mapping={str(result.index): _pack(result) for result in results})
                pipeline.expire(_results(job_id), REMEMBERED_S)
            if errors:
                pipeline.hset(_errors(job_id), mapping={str(error.index): orjson.dumps(error) for error in errors})
                pipeline.expire(_errors(job_id), REMEMBERED_S)
            await pipeline.execute()

    async def finish(self, job_id: str, status: Literal["succeeded", "failed"]) -> None:
        """Mark a job as ended; it is kept for another hour."""
        async with _in_time():
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.hset(_meta(job_id), "status", status)
                pipeline.expire(_meta(job_id), REMEMBERED_S)
                pipeline.expire(_results(job_id), KEPT_S)
                pipeline.expire(_errors(job_id), KEPT_S)
                pipeline.set(_kept(job_id), b"1", ex=KEPT_S)
                pipeline.delete(_lease(job_id))
                pipeline.hlen(_results(job_id))
                pipeline.hlen(_errors(job_id))
                *_, results, errors = await pipeline.execute()
            await _await(self._redis.hset(_meta(job_id), "done", str(results + errors)))

    async def read(self, job_id: str, *, limit: int, offset: int) -> JobView | None:
        """A job with a page of its results, or None if it is unknown.

        Raises:
            RedisError: Redis cannot be reached.
        """
        async with _in_time():
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.hgetall(_meta(job_id))
                pipeline.exists(_kept(job_id))
                pipeline.exists(_lease(job_id))
                pipeline.hlen(_results(job_id))
                pipeline.hgetall(_errors(job_id))
                meta, kept, leased, succeeded, packed_errors = await pipeline.execute()
            if b"total" not in meta:
                return None
            status = cast("JobStatus", meta[b"status"].decode())
            total = int(meta[b"total"])
            if status in {"succeeded", "failed"} and not kept:
                return JobView(job_id, "expired", int(meta[b"done"]), total)
            if status in {"queued", "running"} and not leased:
                # The process that worked on it has ended, and its pictures are lost.
                await self.finish(job_id, "failed")
                status = "failed"
            errors = sorted((_unpack_error(packed) for packed in packed_errors.values()), key=_index_of)
            failed = {error.index for error in errors}
            # Pictures are stored in the order of the request, so all finished ones but the errors have a result.
            indices = [index for index in range(succeeded + len(errors)) if index not in failed]
            wanted = [str(index) for index in indices[offset : offset + limit]]
            packed_results = await _await(self._redis.hmget(_results(job_id), wanted)) if wanted and succeeded else []
            return JobView(
                job_id,
                status,
                done=succeeded + len(errors),
                total=total,
                results=[_unpack(packed) for packed in packed_results if packed is not None],
                errors=errors,
            )


def queue_unavailable(error: RedisError) -> ServiceProblem:
    """The problem for an error of Redis."""
    return ServiceProblem(
        "queue_unavailable",
        f"Redis, which keeps the state of jobs, did not answer ({type(error).__name__}); try again",
    )


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            yield
    except TimeoutError as error:
        raise RedisTimeoutError(f"no answer within {_TIMEOUT_S:g} s") from error


async def _await(answer: Any) -> Any:
    # redis-py's types of its commands cover both the blocking and the async client.
    return await answer


def _pack(result: JobResult) -> bytes:
    line = orjson.dumps({"index": result.index, "item_id": result.item_id, "filename": result.filename})
    return line + b"\n" + result.embedding.astype("<f4").tobytes()


def _unpack(packed: bytes) -> JobResult:
    line, _, values = packed.partition(b"\n")
    fields: Mapping[str, Any] = orjson.loads(line)
    embedding = np.frombuffer(values, "<f4").astype(np.float32)
    return JobResult(fields["index"], fields["item_id"], fields["filename"], embedding)


def _unpack_error(packed: bytes) -> JobError:
    return JobError(**orjson.loads(packed))


def _index_of(error: JobError) -> int:
    return error.index


def _meta(job_id: str) -> str:
    return f"job:{job_id}"


def _results(job_id: str) -> str:
    return f"job:{job_id}:results"


def _errors(job_id: str) -> str:
    return f"job:{job_id}:errors"


def _lease(job_id: str) -> str:
    return f"job:{job_id}:lease"


def _kept(job_id: str) -> str:
    return f"job:{job_id}:kept"

"""Puts a picture and its job into Redis in one round trip, from the event loop."""

import asyncio
import logging
import time
from dataclasses import dataclass

from redis.exceptions import OutOfMemoryError, RedisError, ResponseError

from api.embedding.connections import connect_async
from api.embedding.task_message import task_message
from api.http.problems import ServiceProblem
from api.paced_log import PacedLog
from contracts.delivery import Delivery
from contracts.embedding_job import EmbedJob, photo_key, queue_name
from contracts.trace_context import TraceContext
from tracing.spans import Attributes

logger = logging.getLogger(__name__)

_CONNECTIONS = 4
# Of one try. A second one follows only where the first has ended at once.
_TRY_TIMEOUT_S = 0.5
# Time for a place among the connections too.
_PUBLISH_TIMEOUT_S = 1.0


@dataclass(slots=True)
class Submission:
    """A job on its way into the queue.

    Attributes:
        job: the message.
        picture: a file's bytes.
        deadline: on the clock of `time.monotonic`, seconds; the picture expires in Redis then.
        abandoned: set when the caller no longer waits.
        trace: the span that the worker's spans belong to.
    """

    job: EmbedJob
    picture: bytes
    deadline: float
    abandoned: bool = False
    trace: TraceContext | None = None


class Publisher:
    """Sends jobs to one model version's queue over a few connections of its own."""

    def __init__(self, redis_url: str, model_version: str) -> None:
        self._queue = queue_name(model_version)
        self._redis = connect_async(redis_url)
        self._places = asyncio.Semaphore(_CONNECTIONS)
        self._refused = PacedLog(logger)
        self._closed = False

    async def warm_up(self) -> None:
        """Open the connections before the first request needs them; does nothing if Redis is unavailable."""
        pings = (self._redis.ping() for _ in range(_CONNECTIONS))
        try:
            async with asyncio.timeout(_PUBLISH_TIMEOUT_S):
                await asyncio.gather(*pings)
        except (RedisError, OSError, TimeoutError) as error:
            logger.info("Redis is not available yet: %s", error)

    async def publish(self, submission: Submission) -> None:
        """Store the picture and queue its job.

        Raises:
            ServiceProblem: `queue_full` if Redis has no memory left, `queue_unavailable` if it does not
                accept the job within a second.
        """
        try:
            # Not `wait_for`: before Python 3.12 it can swallow a cancellation, and with it the deadline.
            async with asyncio.timeout(_PUBLISH_TIMEOUT_S), self._places:
                await self._send(submission)
        except OutOfMemoryError:
            raise ServiceProblem("queue_full", "Redis has no memory left for another picture; try again") from None
        except (RedisError, OSError) as error:
            self._refused.warning(f"a job could not be queued: {error!r:.300}")
            raise ServiceProblem("queue_unavailable", "the queue did not take the picture; try again") from error

    def described(self, submission: Submission) -> Attributes:
        """The attributes of a span that sends it, as the semantic conventions for messaging have them."""
        return {
            "messaging.system": "redis",
            "messaging.operation.type": "send",
            "messaging.destination.name": self._queue,
            "messaging.message.id": submission.job.job_id,
        }

    async def close(self) -> None:
        """Close the connections; jobs that have not been sent fail with `queue_unavailable`."""
        self._closed = True
        await self._redis.aclose()

    async def _send(self, submission: Submission) -> None:
        try:
            await self._send_once(submission)
        except (ResponseError, TimeoutError):
            raise
        except (RedisError, OSError):
            # The connection may have died unnoticed. Sending again is safe, because jobs may arrive twice.
            await self._send_once(submission)
        if submission.abandoned:
            await self._redis.unlink(photo_key(submission.job.job_id))

    async def _send_once(self, submission: Submission) -> None:
        if self._closed:
            raise ConnectionError("the service is stopping")
        left_ms = int((submission.deadline - time.monotonic()) * 1000)
        if submission.abandoned or left_ms <= 0:
            return
        job = submission.job
        headers = job.to_headers() | Delivery(submission.trace, time.time(), left_ms / 1000).to_headers()
        async with asyncio.timeout(_TRY_TIMEOUT_S), self._redis.pipeline(transaction=False) as pipeline:
            # The picture first, for a worker may take the job at once.
            pipeline.set(photo_key(job.job_id), submission.picture, px=left_ms)
            pipeline.lpush(self._queue, task_message(job, headers, self._queue))
            await pipeline.execute()

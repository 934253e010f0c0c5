"""Puts a picture and its job into Redis, off the event loop."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from celery import Celery
from kombu.entity import Queue
from kombu.exceptions import OperationalError
from redis.exceptions import OutOfMemoryError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from api.embedding.connections import connect_for_threads
from api.http.problems import ServiceProblem
from api.paced_log import PacedLog
from contracts.delivery import Delivery
from contracts.embedding_job import EMBED_TASK, EmbedJob, photo_key, queue_name
from contracts.redis_url import celery_broker_url
from contracts.trace_context import TraceContext
from tracing.spans import Attributes

logger = logging.getLogger(__name__)

_THREADS = 4
_SOCKET_TIMEOUT_S = 0.5
# Longer than one stalled command may take, so that the command's own error is reported.
_PUBLISH_TIMEOUT_S = 1.0


@dataclass(slots=True)
class Submission:
    """A job on its way into the queue.

    Attributes:
        job: the message.
        picture: a file's bytes.
        deadline: on the clock of `time.monotonic`, seconds; the picture expires in Redis then.
        abandoned: set when the caller no longer waits; read by the publishing thread.
        trace: the span that the worker's spans belong to.
    """

    job: EmbedJob
    picture: bytes
    deadline: float
    abandoned: bool = False
    trace: TraceContext | None = None


class Publisher:
    """Sends jobs to one model version's queue from its own small thread pool.

    Celery publishes synchronously: on the event loop, a hung Redis would block every request.
    """

    def __init__(self, redis_url: str, model_version: str) -> None:
        self._queue = Queue(queue_name(model_version))  # type: ignore[no-untyped-call]
        self._redis = connect_for_threads(redis_url, timeout_s=_SOCKET_TIMEOUT_S)
        self._app = Celery("lookalike-api", broker=celery_broker_url(redis_url), backend=None, set_as_current=False)
        self._app.conf.update(
            task_serializer="json",
            accept_content=["json"],
            task_ignore_result=True,
            task_publish_retry=False,
            broker_connection_retry=False,
            broker_pool_limit=_THREADS,
            broker_transport_options={
                "socket_timeout": _SOCKET_TIMEOUT_S,
                "socket_connect_timeout": _SOCKET_TIMEOUT_S,
            },
        )
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="publish")
        self._refused = PacedLog(logger)
        self._closed = False

    async def warm_up(self) -> None:
        """Open the connections before the first request needs them; does nothing if Redis is unavailable."""
        loop = asyncio.get_running_loop()
        warming = [loop.run_in_executor(self._threads, self._open_connections) for _ in range(_THREADS)]
        await asyncio.wait(warming, timeout=_PUBLISH_TIMEOUT_S)

    async def publish(self, submission: Submission) -> None:
        """Store the picture, then queue its job.

        Raises:
            ServiceProblem: `queue_full` if Redis has no memory left, `queue_unavailable` if it does not
                accept the job within a second.
        """
        sending = asyncio.get_running_loop().run_in_executor(self._threads, self._send, submission)
        try:
            # Not `wait_for`: before Python 3.12 it can swallow a cancellation, and with it the deadline.
            async with asyncio.timeout(_PUBLISH_TIMEOUT_S):
                await sending
        except OutOfMemoryError:
            raise ServiceProblem("queue_full", "Redis has no memory left for another picture; try again") from None
        except (RedisError, OperationalError, OSError) as error:
            self._refused.warning(f"a job could not be queued: {error!r:.300}")
            raise ServiceProblem("queue_unavailable", "the queue did not take the picture; try again") from error

    def described(self, submission: Submission) -> Attributes:
        """The attributes of a span that sends it, as the semantic conventions for messaging have them."""
        return {
            "messaging.system": "redis",
            "messaging.operation.type": "send",
            "messaging.destination.name": str(self._queue.name),
            "messaging.message.id": submission.job.job_id,
        }

    def close(self) -> None:
        """Close the connections; a thread that hangs in Redis ends at its timeout.

        Jobs that have not been sent fail with `queue_unavailable`. Their futures are not cancelled, because then a
        request that nobody cancelled would end with a `CancelledError`.
        """
        self._closed = True
        self._threads.shutdown(wait=False)
        self._app.close()
        self._redis.close()

    def _open_connections(self) -> None:
        try:
            self._redis.ping()
            with self._app.producer_or_acquire() as producer:
                # Opening the channel connects.
                _ = producer.channel
                time.sleep(0.02)
        except (RedisError, OperationalError, OSError) as error:
            logger.info("Redis is not available yet: %s", error)

    def _send(self, submission: Submission) -> None:
        try:
            self._send_once(submission)
        except (RedisTimeoutError, ResponseError):
            raise
        except (RedisError, OperationalError, OSError, ValueError, AttributeError):
            # The connection may have died unnoticed. Sending again is safe, because jobs may arrive twice. redis-py
            # raises ValueError or, while it sends, AttributeError if `close` took the connection away.
            self._send_once(submission)
        if submission.abandoned:
            self._redis.delete(photo_key(submission.job.job_id))

    def _send_once(self, submission: Submission) -> None:
        if self._closed:
            raise ConnectionError("the service is stopping")
        left_ms = int((submission.deadline - time.monotonic()) * 1000)
        if submission.abandoned or left_ms <= 0:
            return
        job = submission.job
        self._redis.set(photo_key(job.job_id), submission.picture, px=left_ms)
        self._app.send_task(
            EMBED_TASK,
            kwargs=job.to_kwargs(),
            headers=job.to_headers() | Delivery(submission.trace, time.time(), left_ms / 1000).to_headers(),
            task_id=job.job_id,
            queue=self._queue,
            # The worker declares the queue; here that would cost a round trip for every new connection.
            declare=[],
            retry=False,
            ignore_result=True,
            add_to_parent=False,
            # Short placeholders, so that Celery does not render the arguments for its event monitors.
            argsrepr="()",
            kwargsrepr="{}",
        )

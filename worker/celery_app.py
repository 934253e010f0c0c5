"""A worker's Celery app: one task, JSON only, its own queue only."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from celery.exceptions import Reject
from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from redis import RedisError

from contracts.delivery import Delivery
from contracts.embedding_job import EMBED_TASK, EmbedJob, queue_name
from contracts.errors import PictureRejected
from contracts.redis_url import celery_broker_url
from worker.careful_transport import CarefulTransport
from worker.connection import is_about_content
from worker.ended_messages import EndedMessages
from worker.jobs import EmbedJobs
from worker.state_log import StateLog

logger = logging.getLogger(__name__)


class _EagerConnection(Connection):
    """Retries a lost Redis connection at least once a second; kombu's own delay grows to half a minute."""

    def get_transport_cls(self) -> type[CarefulTransport]:
        return CarefulTransport

    def _ensure_connection(self, *args: Any, **kwargs: Any) -> Any:
        state: StateLog = (self.transport_options or {})["queue_state"]
        kwargs.update(interval_start=0.2, interval_step=0.2, interval_max=1.0)
        # In place of Celery's own callback, which logs every try.
        kwargs.pop("errback", None)
        return super()._ensure_connection(lambda error, _: state.failed(error), *args[1:], **kwargs)  # type: ignore[no-untyped-call]


class _EagerAmqp(AMQP):  # type: ignore[misc]  # celery carries no types
    Connection = _EagerConnection


def make_celery_app(
    redis_url: str,
    model_version: str,
    *,
    visibility_timeout_s: float,
    queue_state: StateLog | None = None,
    ended: EndedMessages | None = None,
    queue: str | None = None,
    under_way: Mapping[str, str] | None = None,
) -> Celery:
    """Create an app that knows only one queue, and no task yet.

    Args:
        redis_url: `redis://`, `rediss://` or `unix://`.
        model_version: of the engine.
        visibility_timeout_s: after this time without an end, a message is delivered again, seconds.
        queue_state: is told of every failure to use the queue, and of every success.
        ended: has the messages whose end the jobs have noted in Redis themselves.
        queue: that it knows; None: the one of this model's embed jobs.
        under_way: names of the keys of messages under way; None: Celery's own.
    """
    app = Celery(
        "lookalike-worker", broker=celery_broker_url(redis_url), backend=None, amqp=_EagerAmqp, set_as_current=False
    )
    queue = queue or queue_name(model_version)
    exchange = Exchange(queue, type="direct")  # type: ignore[no-untyped-call]
    app.conf.update(
        task_queues=[Queue(queue, exchange, routing_key=queue)],  # type: ignore[no-untyped-call]
        task_default_queue=queue,
        task_create_missing_queues=False,
        task_serializer="json",
        accept_content=["json"],
        task_acks_late=True,
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_enable_remote_control=False,
        worker_enable_prefetch_count_reduction=False,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": visibility_timeout_s,
            # kombu looks for unacknowledged messages every interval x throttle seconds: 100 by default.
            "unacked_restore_interval": 1,
            "unacked_restore_throttle": 1,
            # A worker holds a lock while it looks. If it dies or loses Redis meanwhile, the lock blocks all
            # others until it expires, by default after 300 seconds.
            "unacked_mutex_expire": 3,
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "health_check_interval": 5,
            "queue_state": queue_state or StateLog("the queue"),
            "notes_state": StateLog("notes about messages under way"),
            "ended": ended or EndedMessages(),
            **(under_way or {}),
        },
    )
    return app


def register_embed_task(app: Celery, jobs: EmbedJobs) -> None:
    """Register `embed` as the only task that a message can run."""
    state = StateLog("embed jobs")

    def embed(task: Any, job_id: str, reply_to: str, box: list[float] | None = None) -> None:
        try:
            job = EmbedJob.from_message(vars(task.request), job_id, reply_to, box)
        except (TypeError, ValueError, PictureRejected) as error:
            logger.warning("dropped an invalid message: %s", error)
            return
        try:
            jobs.run(job, Delivery.from_headers(vars(task.request)))
            state.worked()
        except RedisError as error:
            if is_about_content(error):
                # Delivered again, it would fail again.
                logger.warning("job %s is dropped: a key of it holds something else (%s)", job.job_id, error)
                return
            # Without a pause, a job that Redis takes back but refuses to work on would go round and round.
            time.sleep(state.failed(error))
            raise Reject(error, requeue=True) from error

    register_only_task(app, EMBED_TASK, embed)


def register_only_task(app: Celery, only: str, task: Callable[..., None]) -> None:
    """Register a task as the only one that a message can run.

    Args:
        app: of the worker.
        only: its name.
        task: called with itself as Celery sees it, and the message's arguments.
    """
    app.task(task, name=only, bind=True)
    app.finalize()
    # Celery registers tasks of its own, such as `celery.map`, which runs any other. Anyone who can write
    # to the queue could call them.
    for name in [name for name in app.tasks if name != only]:
        app.tasks.unregister(name)

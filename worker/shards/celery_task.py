"""The task `extract_shard`, and the Celery app of those who hand out shards and those who embed them."""

import logging
import threading
from typing import Any

from celery import Celery
from celery.exceptions import Reject
from redis import RedisError

from contracts.errors import StoreUnavailableError
from contracts.shard_message import EXTRACT_TASK, ShardMessage, extract_queue, under_way_keys
from worker.celery_app import make_celery_app, register_only_task
from worker.shards.jobs import ShardJobs, ShardReleasedError
from worker.state_log import StateLog

logger = logging.getLogger(__name__)


def make_shard_app(
    redis_url: str, model_version: str, *, lease_s: float, queue_state: StateLog | None = None
) -> Celery:
    """Create an app that knows only the queue of this model version's shards, and no task yet.

    Args:
        redis_url: `redis://`, `rediss://` or `unix://`.
        model_version: of the network.
        lease_s: a shard whose worker has not renewed it for so long is delivered again, seconds.
        queue_state: is told of every failure to use the queue, and of every success.
    """
    queue = extract_queue(model_version)
    return make_celery_app(
        redis_url,
        model_version,
        visibility_timeout_s=lease_s,
        queue_state=queue_state,
        queue=queue,
        under_way=under_way_keys(queue),
    )


def register_shard_task(app: Celery, jobs: ShardJobs, stopping: threading.Event) -> None:
    """Register `extract_shard` as the only task that a message can run.

    Args:
        app: of the worker.
        jobs: runs shards.
        stopping: is set when the worker is to end.
    """
    state = StateLog("shards")

    def extract_shard(task: Any, job: object = None, shard: object = None) -> None:
        try:
            message = ShardMessage.from_message(job, shard)
        except ValueError as error:
            logger.warning("dropped an invalid message: %s", error)
            return
        try:
            jobs.run(message, str((task.request.properties or {}).get("delivery_tag", "")))
            state.worked()
        except ShardReleasedError as error:
            logger.info("shard %d of job %s is given back, because this worker stops", message.shard, message.job)
            raise Reject(error, requeue=True) from error
        except StoreUnavailableError as error:
            logger.warning("%s; shard %d of job %s is given back", error, message.shard, message.job)
            stopping.wait(1.0)
            raise Reject(error, requeue=True) from error
        except RedisError as error:
            # Without a pause, a shard that Redis takes back but refuses to work on would go round and round.
            stopping.wait(state.failed(error))
            raise Reject(error, requeue=True) from error

    register_only_task(app, EXTRACT_TASK, extract_shard)

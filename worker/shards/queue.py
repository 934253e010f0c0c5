"""The queue of a model's shards, as whoever hands them out sees it."""

from collections.abc import Iterable
from dataclasses import dataclass

import kombu.exceptions
import redis

from contracts.shard_message import EXTRACT_TASK, ShardMessage, extract_queue, under_way_keys
from worker.connection import connect
from worker.shards.app import LEASE_S
from worker.shards.celery_task import make_shard_app


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many messages there are, of this and other jobs of the same model.

    Attributes:
        waiting: that no worker has taken yet.
        under_way: that a worker has taken.
    """

    waiting: int
    under_way: int


class ShardQueue:
    """Puts shards into the queue of a model.

    Args:
        redis_url: `redis://`, `rediss://` or `unix://`.
        model_version: of the network.
    """

    def __init__(self, redis_url: str, model_version: str) -> None:
        self._queue = extract_queue(model_version)
        self._index_key = under_way_keys(self._queue)["unacked_index_key"]
        self._redis = connect(redis_url)
        self._app = make_shard_app(redis_url, model_version, lease_s=LEASE_S)

    def publish(self, messages: Iterable[ShardMessage]) -> None:
        """Put shards into the queue.

        Raises:
            redis.RedisError: Redis is away or refuses; some may be in the queue.
        """
        # Celery itself would wait for ever, and in silence.
        self._redis.ping()
        try:
            with self._app.producer_pool.acquire(block=True) as producer:
                for message in messages:
                    self._app.send_task(
                        EXTRACT_TASK, kwargs=message.to_kwargs(), queue=self._queue, producer=producer, retry=False
                    )
        except (kombu.exceptions.OperationalError, OSError) as error:
            raise redis.ConnectionError(str(error)) from error

    def state(self) -> QueueState:
        """What is in the queue.

        Raises:
            redis.RedisError: Redis is away or refuses.
        """
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.llen(self._queue)
            pipeline.zcard(self._index_key)
            waiting, under_way = pipeline.execute()
        return QueueState(waiting, under_way)

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()
        self._app.close()

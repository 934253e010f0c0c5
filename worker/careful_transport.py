"""Celery's transport over Redis, which survives whatever is in the queue and whatever Redis answers."""

import logging
from queue import Empty
from typing import Any

from kombu.transport.redis import Channel, QoS, Transport
from kombu.utils.json import dumps
from redis.exceptions import RedisError, ResponseError

from worker.connection import is_about_content
from worker.queue_clock import QueueClock
from worker.state_log import StateLog

logger = logging.getLogger(__name__)

# What kombu raises for something that is not a message: it parses without checking.
_NO_MESSAGE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class _CarefulQoS(QoS):
    """Takes and ends messages even while Redis refuses to note that.

    A message that is not noted as taken would be lost if the worker died now; the API submits its job again when the
    next worker starts. One that is not noted as ended is delivered again, and its stored reply is sent again.

    Messages are noted, and count as left behind, by Redis's clock. kombu goes by each worker's own: a worker whose
    clock is ahead would take from the others, over and over, what they are working on.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self._clock = QueueClock()

    def append(self, message: Any, delivery_tag: str) -> None:
        info = message.delivery_info
        noted = dumps([message._raw, info["exchange"], info["routing_key"]])  # type: ignore[no-untyped-call]
        try:
            with self.pipe_or_acquire() as pipe:
                pipe.zadd(self.unacked_index_key, {delivery_tag: self._clock.now()})
                pipe.hset(self.unacked_key, delivery_tag, noted)
                pipe.execute()
            self.channel.notes_state.worked()
        except ResponseError as error:
            # It is off the queue: raised, this error would lose it now.
            self.channel.notes_state.failed(error)
        # What kombu does once Redis has noted it.
        super(QoS, self).append(message, delivery_tag)  # type: ignore[no-untyped-call]

    def restore_visible(self, *args: Any, **kwargs: Any) -> None:
        with self.channel.conn_or_acquire() as client:
            self._clock.compare(client)
        super().restore_visible(*args, **kwargs)  # type: ignore[no-untyped-call]

    @property
    def visibility_timeout(self) -> float:
        """Seconds; kombu subtracts it from this machine's clock, so it makes up for that clock's difference."""
        return float(self.channel.visibility_timeout) + self._clock.ahead_s

    def ack(self, delivery_tag: str) -> None:
        try:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]
        except RedisError as error:
            self._leave(delivery_tag, error)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        try:
            super().reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]
        except RedisError as error:
            self._leave(delivery_tag, error)

    def _leave(self, delivery_tag: str, error: RedisError) -> None:
        """Count the message as ended here, so that its place is free; Redis delivers it again."""
        self.channel.queue_state.failed(error)
        super(QoS, self).ack(delivery_tag)  # type: ignore[no-untyped-call]


class _CarefulChannel(Channel):
    QoS = _CarefulQoS
    from_transport_options = (*Channel.from_transport_options, "queue_state", "notes_state")  # type: ignore[assignment]

    queue_state: StateLog
    notes_state: StateLog

    def _brpop_read(self, **options: Any) -> Any:
        try:
            taken = super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except Empty:
            self.queue_state.worked()
            raise
        except _NO_MESSAGE as error:
            # It was taken off the queue. Unhandled, the error would end the worker.
            logger.warning("dropped from the queue what no API puts there (%s)", type(error).__name__)
            raise Empty from None
        except ResponseError as error:
            if not is_about_content(error):
                raise
            self._clear_queues()
            raise Empty from None
        self.queue_state.worked()
        return taken

    def _clear_queues(self) -> None:
        """Delete the keys of queues that do not hold lists."""
        with self.conn_or_acquire() as client:
            for queue in self.active_queues:
                for priority in self.priority_steps:
                    key = self._q_for_pri(queue, priority)  # type: ignore[no-untyped-call]
                    if client.type(key) not in {b"list", b"none"}:
                        logger.warning("the key %s does not hold a queue; it is deleted", key)
                        client.delete(key)


class CarefulTransport(Transport):
    """Drops what is not a message, and treats every error reply of Redis as a lost connection.

    Celery ends a worker for errors of other kinds. But what Redis refuses now (READONLY, MISCONF, OOM, NOPERM,
    UNBLOCKED), it may accept in a minute.
    """

    Channel = _CarefulChannel
    connection_errors = (*Transport.connection_errors, ResponseError)

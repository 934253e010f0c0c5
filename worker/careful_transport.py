"""Celery's transport over Redis, which survives whatever is in the queue and whatever Redis answers."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from queue import Empty
from typing import Any

from kombu.transport.redis import Channel, QoS, Transport
from kombu.utils.json import dumps
from redis.exceptions import RedisError, ResponseError

from worker.connection import is_about_content
from worker.ended_messages import EndedMessages
from worker.queue_clock import QueueClock
from worker.state_log import StateLog

logger = logging.getLogger(__name__)

# What kombu raises for something that is not a message: it parses without checking.
_NO_MESSAGE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class _CarefulQoS(QoS):
    """Takes and ends messages even while Redis refuses to note that.

    A message that is not noted as taken would be lost if the worker died now; the API submits its job again when the
    next worker starts. One that is not noted as ended is delivered again, and its stored reply is sent again.

    Whether a message was left behind by a dead worker is decided by the time of Redis. kombu uses each worker's own
    clock: a worker whose clock is ahead would take messages from the others again and again while they work on them.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self._clock = QueueClock()

    def append(self, message: Any, delivery_tag: str) -> None:
        delivery = message.delivery_info
        note = dumps([message._raw, delivery["exchange"], delivery["routing_key"]])  # type: ignore[no-untyped-call]
        self.channel.send_note(
            # As kombu notes it, but without a transaction, since half a note does no harm.
            ("ZADD", self.unacked_index_key, self._clock.now(), delivery_tag),
            ("HSET", self.unacked_key, delivery_tag, note),
        )
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
        if self.channel.ended.take(delivery_tag):
            super(QoS, self).ack(delivery_tag)  # type: ignore[no-untyped-call]
            return
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
    from_transport_options = (*Channel.from_transport_options, "queue_state", "notes_state", "ended")  # type: ignore[assignment]

    queue_state: StateLog
    notes_state: StateLog
    ended: EndedMessages
    _note_answers = 0

    def send_note(self, *commands: tuple[object, ...]) -> None:
        """Send commands over the connection that has just brought a message, whose answers `_brpop_read` reads.

        Redis has them even if this process dies now. So the message can start meanwhile.
        """
        connection = self.client.connection
        self._note_answers += len(commands)
        connection.send_packed_command(connection.pack_commands(commands), check_health=False)

    def _read_note_answers(self) -> None:
        """Read the answers to a note, which came after its message.

        Raises:
            redis.RedisError: the connection is lost; the message has started all the same.
        """
        expected, self._note_answers = self._note_answers, 0
        refusal: ResponseError | None = None
        for _ in range(expected):
            try:
                self.client.connection.read_response()
            except ResponseError as error:
                refusal = error
        if refusal is not None:
            # The message is off the queue: raised, this error would lose it now.
            self.notes_state.failed(refusal)
        elif expected:
            self.notes_state.worked()

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        """A client for one command or a few; kombu makes one for each call, which takes longer than most commands."""
        yield client or self._commands

    @cached_property
    def _commands(self) -> Any:
        return self._create_client()  # type: ignore[no-untyped-call]

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
        finally:
            self._read_note_answers()
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

"""Celery's transport over Redis, which survives whatever is in the queue."""

import logging
from queue import Empty
from typing import Any

from kombu.transport.redis import Channel, Transport
from redis.exceptions import ResponseError

from worker.connection import is_about_content

logger = logging.getLogger(__name__)

# What kombu raises for something that is not a message: it parses without checking.
_NO_MESSAGE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


class _CarefulChannel(Channel):
    def _brpop_read(self, **options: Any) -> Any:
        try:
            return super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except _NO_MESSAGE as error:
            # It was taken off the queue. Unhandled, the error would end the worker.
            logger.warning("dropped from the queue what no API puts there (%s)", type(error).__name__)
            raise Empty from None
        except ResponseError as error:
            if not is_about_content(error):
                raise
            self._clear_queues()
            raise Empty from None

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
    """Drops what is not a message, and goes on."""

    Channel = _CarefulChannel

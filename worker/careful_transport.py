"""Celery's transport over Redis, which survives whatever is in the queue."""

import logging
from queue import Empty
from typing import Any

from kombu.transport.redis import Channel, Transport

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


class CarefulTransport(Transport):
    """Drops what is not a message, and goes on."""

    Channel = _CarefulChannel

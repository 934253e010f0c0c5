"""Messages that are no longer under way in Redis, though Celery has yet to acknowledge them."""

from collections import OrderedDict
from threading import Lock
from typing import Final

from kombu.transport.redis import Channel

# Where kombu notes the messages under way.
UNACKED_KEY: Final[str] = Channel.unacked_key
UNACKED_INDEX_KEY: Final[str] = Channel.unacked_index_key
# More than any worker has under way. Those that Celery never acknowledges, because it lost its connection, must not add
# up; forgetting one costs a round trip.
_MOST: Final = 1024


class EndedMessages:
    """Shared by the threads that run jobs and the one that consumes."""

    def __init__(self) -> None:
        self._tags: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def add(self, delivery_tag: str) -> None:
        """Note that Redis no longer has a message among those under way."""
        with self._lock:
            self._tags[delivery_tag] = None
            if len(self._tags) > _MOST:
                self._tags.popitem(last=False)

    def take(self, delivery_tag: str) -> bool:
        """Whether a message was noted; it no longer is."""
        with self._lock:
            noted = delivery_tag in self._tags
            self._tags.pop(delivery_tag, None)
            return noted

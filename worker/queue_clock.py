"""The time by which messages count as left behind: Redis's, because workers' own clocks may differ by hours."""

import logging
import time
from typing import Any, Final

from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

# A difference above this is worth a line in the log; messages are safe all the same.
_WORTH_TELLING_S: Final = 5.0


class QueueClock:
    """Redis's time, from this machine's clock and its difference to Redis's, which is measured again and again."""

    def __init__(self) -> None:
        self._told = False
        self.ahead_s = 0.0

    def compare(self, client: Any) -> None:
        """Measure by how much this machine's clock is ahead; if Redis refuses to tell, the last figure is kept.

        Args:
            client: redis-py's client, with which the queue is read.
        """
        try:
            seconds, microseconds = client.time()
        except RedisError:
            return
        self.ahead_s = time.time() - (seconds + microseconds / 1e6)
        if abs(self.ahead_s) > _WORTH_TELLING_S and not self._told:
            self._told = True
            logger.warning(
                "this machine's clock is %.0f s %s that of Redis; the queue uses the time of Redis, so no job is lost, "
                "but times in the logs do not match: set the clocks (NTP)",
                abs(self.ahead_s),
                "ahead of" if self.ahead_s > 0 else "behind",
            )

    def now(self) -> float:
        """Seconds since the epoch, by Redis's clock."""
        return time.time() - self.ahead_s

"""How often an extraction looks after the shards that it has handed out."""

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """All in seconds.

    Attributes:
        look: for results, after one came; then more and more seldom.
        look_most: for results, at most.
        tend: at the queue, while no results come.
        lost: a queue that stays empty for so long has lost the shards that are missing.
        silent: without a worker for so long, people are told.
    """

    look: float = 0.2
    look_most: float = 1.0
    tend: float = 2.0
    lost: float = 4.0
    silent: float = 10.0


class Quiet:
    """Since when no results have come.

    Args:
        pace: how often is looked.

    Attributes:
        empty_since: when the queue was first found empty; None while it is not.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._since = self._tended_at = time.monotonic()
        self._pause_s = pace.look
        self.empty_since: float | None = None

    def wait(self) -> None:
        """Pause, each time a little longer."""
        time.sleep(self._pause_s)
        self._pause_s = min(1.5 * self._pause_s, self._pace.look_most)

    def is_time_to_tend(self) -> bool:
        """Whether somebody should look at the queue now."""
        now = time.monotonic()
        if now - self._tended_at < self._pace.tend:
            return False
        self._tended_at = now
        return True

    def is_long(self) -> bool:
        """Whether people should be told."""
        return time.monotonic() - self._since >= self._pace.silent

    def is_lost(self) -> bool:
        """Whether the queue has been empty for so long that the shards must be lost."""
        if self.empty_since is None:
            self.empty_since = time.monotonic()
        return time.monotonic() - self.empty_since >= self._pace.lost

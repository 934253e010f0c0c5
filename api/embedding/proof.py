"""The proof that pictures get through Redis and a worker and back: photos are, and probes while no photo comes."""

import logging
import time
from typing import Final

logger = logging.getLogger(__name__)

PROBE_TIMEOUT_S: Final = 5.0


class Proof:
    """When a picture was last answered, and what went wrong since.

    Args:
        interval_s: after this time without an answer, a probe is due, seconds.
    """

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._answered_at = float("-inf")
        self._problem: str | None = "no picture has gone through yet"

    @property
    def quiet_s(self) -> float:
        """Time since the last answer, seconds."""
        return time.monotonic() - self._answered_at

    @property
    def is_due(self) -> bool:
        """Whether a probe is due."""
        return self.quiet_s >= self._interval_s

    @property
    def problem(self) -> str | None:
        """A sentence that says what is wrong, or None."""
        if self._problem is not None:
            return self._problem
        if self.quiet_s > 2 * self._interval_s + PROBE_TIMEOUT_S:
            return f"no picture has gone through for {self.quiet_s:.0f} s"
        return None

    def answered(self) -> None:
        """A worker has answered."""
        self._answered_at, self._problem = time.monotonic(), None

    def failed(self, error: Exception) -> None:
        """A probe has failed; the same failure again is not logged."""
        problem = f"the last probe failed: {error}"
        if problem != self._problem:
            logger.warning("%s", problem)
        self._problem = problem

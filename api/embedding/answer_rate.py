"""How fast pictures have been answered lately, and so how long those that wait will take."""

import math
import time
from collections.abc import Callable
from typing import Final

_WINDOW_S: Final = 5.0
# What a client is told at least and at most, seconds.
SHORTEST_WAIT_S: Final = 1
LONGEST_WAIT_S: Final = 60
# Fewer answers than this within the window are no rate.
_FEWEST: Final = 0.01


class AnswerRate:
    """Answers a second while pictures waited. What is long past counts less and less.

    Time in which nothing waited does not count: a service that had one photo a second before a rush is not slow.

    Args:
        clock: in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock()
        self._waiting = 0
        # Both fade with the same time constant, so their quotient is a rate.
        self._answers = 0.0
        self._busy_s = 0.0

    def waiting(self, pictures: int) -> None:
        """So many wait from now on."""
        self._pass_time()
        self._waiting = pictures

    def answered(self) -> None:
        """One was answered."""
        self._pass_time()
        self._answers += 1.0

    def wait_s(self, *, otherwise_s: float) -> int:
        """When those that wait now will be answered, whole seconds from 1 to 60.

        Args:
            otherwise_s: what to assume if nothing was answered lately.
        """
        self._pass_time()
        known = self._answers > _FEWEST and self._busy_s > 0.0
        wait_s = self._waiting * self._busy_s / self._answers if known else otherwise_s
        return min(LONGEST_WAIT_S, max(SHORTEST_WAIT_S, math.ceil(wait_s)))

    def _pass_time(self) -> None:
        now = self._clock()
        left = math.exp((self._at - now) / _WINDOW_S)
        self._at = now
        self._answers *= left
        self._busy_s *= left
        if self._waiting:
            self._busy_s += _WINDOW_S * (1.0 - left)

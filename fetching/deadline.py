"""The time that a fetch may take in all, however slowly the other side answers."""

import time
from collections.abc import Callable

from contracts.errors import UnreachableError

# One text for everything that fails before an answer, so that nobody can find out which ports are open.
NO_ANSWER = (
    "the address cannot be fetched: its host did not answer in time, refused the connection, or does not speak HTTP as "
    "it should; check that it opens in a browser outside your network"
)
# How long one wait for bytes lasts before the fetch looks whether it is still wanted.
_LONGEST_WAIT_S = 0.25


class Deadline:
    """A moment at which a fetch ends, or earlier if nobody wants it any more."""

    def __init__(self, timeout_s: float, is_abandoned: Callable[[], bool] = lambda: False) -> None:
        self._end = time.monotonic() + timeout_s
        self._is_abandoned = is_abandoned

    def wait_s(self) -> float:
        """How long to wait at most before asking again, seconds.

        Raises:
            UnreachableError: the time is over, or nobody wants the result.
        """
        left = self._end - time.monotonic()
        if left <= 0 or self._is_abandoned():
            raise UnreachableError(NO_ANSWER)
        return min(left, _LONGEST_WAIT_S)

    def left_s(self) -> float:
        """How long is left, seconds.

        Raises:
            UnreachableError: as `wait_s`.
        """
        self.wait_s()
        return max(self._end - time.monotonic(), 0.001)

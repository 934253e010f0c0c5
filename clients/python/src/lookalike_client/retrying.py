"""Decides whether a call is sent again, and when. Nothing here waits or knows a socket."""

import random
import time
from dataclasses import dataclass
from typing import Any, Final

from lookalike_client.call import Call, Repeat
from lookalike_client.errors import ApiError, LookalikeError, RateLimited, TimedOut, Unavailable, Unreachable

# With these the service says that it has not begun.
_REFUSALS: Final = frozenset({"queue_full", "no_worker", "model_mismatch", "index_unavailable"})
# With this it says that a photo took too long; another try would only add to the load.
_TOO_SLOW: Final = "inference_timeout"
# So that those who were told the same Retry-After do not all come back at once.
_SPREAD: Final = 0.25


@dataclass(frozen=True, slots=True)
class Retries:
    """When a call that failed is sent again.

    Only what is safe is repeated: calls that may happen twice, and others if the service cannot have begun. A
    `Retry-After` of the service is kept; where there is none, each wait is drawn at random from a time that doubles.

    Attributes:
        most: tries after the first one; 0: none.
        first_wait_s: longest wait before the second try, seconds.
        longest_wait_s: of any wait that the service does not ask for, seconds.
    """

    most: int = 3
    first_wait_s: float = 0.25
    longest_wait_s: float = 8.0

    def __post_init__(self) -> None:
        if self.most < 0 or not 0 < self.first_wait_s <= self.longest_wait_s:
            raise ValueError("Retries: most must be at least 0, and 0 < first_wait_s <= longest_wait_s")


class Deadline:
    """The moment at which a call with all its tries and waits must have ended."""

    def __init__(self, within_s: float) -> None:
        self.within_s = within_s
        self._at = time.monotonic() + within_s

    def left_s(self) -> float:
        """Seconds until then, at least 0."""
        return max(0.0, self._at - time.monotonic())


class Attempts:
    """The tries of one call.

    Args:
        call: that is tried.
        retries: how often and when.
        deadline: of all tries together.
        drawn: source of the random part of the waits.
    """

    def __init__(self, call: Call[Any], retries: Retries, deadline: Deadline, drawn: random.Random) -> None:
        self._call = call
        self._retries = retries
        self._drawn = drawn
        self._failed = 0
        self._may_be_done = False
        self.deadline = deadline

    def is_done(self, failure: LookalikeError) -> bool:
        """Whether a failure says that what the call asks for is so already."""
        call = self._call
        return (
            isinstance(failure, ApiError)
            and failure.code is not None
            and failure.code == call.done_if
            and (call.done_at_once or self._may_be_done)
        )

    def wait_s(self, failure: LookalikeError) -> float:
        """Seconds to wait until the next try.

        Raises:
            LookalikeError: `failure`, for there is no next try.
        """
        self._failed += 1
        self._may_be_done = self._may_be_done or (isinstance(failure, Unreachable) and failure.sent)
        if self._failed > self._retries.most or not self._may_repeat(failure):
            raise failure
        wait_s = self._drawn_wait_s(failure.retry_after_s if isinstance(failure, ApiError) else None)
        # The next try needs some time too.
        if wait_s >= self.deadline.left_s():
            raise failure
        return wait_s

    def _may_repeat(self, failure: LookalikeError) -> bool:
        always = self._call.repeat is Repeat.ALWAYS
        match failure:
            case Unreachable():
                return always or not failure.sent
            case RateLimited():
                return True
            case Unavailable():
                return failure.code in _REFUSALS or (always and failure.code != _TOO_SLOW)
            case _:
                return False

    def _drawn_wait_s(self, retry_after_s: float | None) -> float:
        share = self._drawn.random()
        if retry_after_s is not None:
            return retry_after_s * (1.0 + _SPREAD * share)
        longest_s = min(self._retries.longest_wait_s, self._retries.first_wait_s * 2.0 ** (self._failed - 1))
        return longest_s * share


def timed_out(within_s: float, *, sent: bool) -> TimedOut:
    """The failure of a try that took too long."""
    return TimedOut(f"the service has not answered within {within_s:.3g} s", sent)

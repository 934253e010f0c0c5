"""One log line for each state of what a worker depends on, however often it tries."""

import logging
import threading
import time
from typing import Final

import redis

logger = logging.getLogger(__name__)

# redis-py cuts the code off the text of these replies.
_CODES: Final[dict[type[Exception], str]] = {
    redis.exceptions.BusyLoadingError: "LOADING",
    redis.exceptions.MasterDownError: "MASTERDOWN",
    redis.exceptions.NoPermissionError: "NOPERM",
    redis.exceptions.OutOfMemoryError: "OOM",
    redis.exceptions.ReadOnlyError: "READONLY",
    redis.exceptions.AuthenticationError: "NOAUTH",
}

_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 2.0


class StateLog:
    """Logs when something begins to fail, fails for another reason, or works again; safe to call from any thread.

    Args:
        name: of what is observed, for messages.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._state: str | None = None
        self._problem = ""
        self._failing_since = 0.0
        self._pause_s = _FIRST_PAUSE_S

    def failed(self, error: BaseException) -> float:
        """Note a failure; returns how long to wait before the next try, seconds, which grows from try to try."""
        with self._lock:
            state = error_code(error) or "unreachable"
            if self._state is None:
                self._failing_since, self._pause_s = time.monotonic(), _FIRST_PAUSE_S
            if state != self._state:
                self._state, self._problem = state, describe(error)
                logger.error("%s: %s; trying again until that ends", self._name, self._problem)
            pause_s, self._pause_s = self._pause_s, min(2 * self._pause_s, _LONGEST_PAUSE_S)
            return pause_s

    def worked(self) -> None:
        """Note a success."""
        if self._state is None:
            return
        with self._lock:
            if self._state is not None:
                failed_s = time.monotonic() - self._failing_since
                self._state = None
                logger.info("%s: Redis is back, after %.1f s", self._name, failed_s)

    def problem_since(self, seconds: float) -> str | None:
        """The problem, if it has lasted for so long."""
        with self._lock:
            lasting = self._state is not None and time.monotonic() - self._failing_since >= seconds
            return self._problem if lasting else None


def describe(error: BaseException) -> str:
    """A sentence that says whether Redis is away or refuses to work."""
    code = error_code(error)
    if code is not None:
        said = _without_command(error).removeprefix(code).strip()
        return f"Redis answers with an error ({code} {said:.200})"
    if isinstance(error, redis.ConnectionError | OSError):
        return f"Redis cannot be reached ({error!s:.200})"
    return f"{type(error).__name__} ({error!s:.200})"


def error_code(error: BaseException) -> str | None:
    """What an error reply of Redis begins with, such as READONLY; None if the error is no reply."""
    for kind, code in _CODES.items():
        if isinstance(error, kind):
            return code
    if not isinstance(error, redis.ResponseError):
        return None
    first = _without_command(error).split(" ", 1)[0]
    return first if first.isalpha() and first.isupper() else "ERR"


def _without_command(error: BaseException) -> str:
    """The reply's text: redis-py puts the command of a pipeline before it, with its arguments."""
    return str(error).rsplit("of pipeline caused error: ", 1)[-1]

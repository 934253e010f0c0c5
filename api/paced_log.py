"""A log for what may happen thousands of times a second."""

import logging
import time
from typing import Final

_PAUSE_S: Final = 10.0


class PacedLog:
    """Writes a line at most every few seconds; the next one says how many were left out.

    Args:
        log: the logger to write to.
        pause_s: shortest time between two lines, seconds.
    """

    def __init__(self, log: logging.Logger, *, pause_s: float = _PAUSE_S) -> None:
        self._log = log
        self._pause_s = pause_s
        self._next_at = -1.0
        self._left_out = 0

    def warning(self, message: str, *, exc_info: bool = False) -> None:
        """Write a warning, or count it if the last line was written too recently."""
        now = time.monotonic()
        if now < self._next_at:
            self._left_out += 1
            return
        more = f" ({self._left_out} more since the last such line)" if self._left_out else ""
        self._log.warning("%s%s", message, more, exc_info=exc_info)
        self._next_at, self._left_out = now + self._pause_s, 0

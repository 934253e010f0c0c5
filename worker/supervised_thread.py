"""A thread whose work does not end unnoticed."""

import logging
import threading
from collections.abc import Callable
from typing import Final

logger = logging.getLogger(__name__)

_PAUSE_S: Final = 1.0


class SupervisedThread:
    """Runs work in a daemon thread; whenever the work fails, that is logged and it is started again after a pause.

    Work that returns has ended on purpose.

    Args:
        name: for messages.
        work: called in the thread.
        pause_s: between a failure and the next start, seconds.
    """

    def __init__(self, name: str, work: Callable[[], None], *, pause_s: float = _PAUSE_S) -> None:
        self._name = name
        self._work = work
        self._pause_s = pause_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.failures = 0

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether the thread was started and has not ended."""
        return self._thread.is_alive()

    def join(self) -> None:
        """Wait for the end of work that was told to end; it is not started again after a failure."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            try:
                self._work()
            except Exception:  # the edge of the process: nobody else would see it
                self.failures += 1
                logger.exception("the thread %r failed (%d so far); it is started again", self._name, self.failures)
            else:
                return
            if self._stopping.wait(self._pause_s):
                return

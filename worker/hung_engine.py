"""Ends the worker process when its engine hangs or has ended."""

import logging
import os
import threading
from collections.abc import Callable
from typing import Final

from worker.batching import Batcher
from worker.supervised_thread import SupervisedThread

logger = logging.getLogger(__name__)

# "Internal software error" in sysexits.h.
EXIT_STATUS: Final = 70
_LOOK_EVERY_S: Final = 1.0


class HungEngineWatch:
    """A thread that looks at the engine every second and ends the process once it cannot come back.

    A hung forward pass cannot be stopped from outside: only a new process helps, and whoever supervises this one starts
    it. The pictures of the hung batch are delivered again, and then each runs alone, so one that always hangs the
    engine is refused at its third attempt.

    Args:
        batcher: already started.
        stuck_after_s: a forward pass that takes longer counts as hung, seconds.
        end: ends the process at once, with this exit status.
    """

    def __init__(self, batcher: Batcher, stuck_after_s: float, *, end: Callable[[int], object] = os._exit) -> None:
        self._batcher = batcher
        self._stuck_after_s = stuck_after_s
        self._end = end
        self._stopping = threading.Event()
        self._thread = SupervisedThread("hung engine watch", self._run)

    def start(self) -> None:
        """Start to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more: from now on the engine thread may end."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(_LOOK_EVERY_S):
            if not self._batcher.is_healthy(self._stuck_after_s):
                logger.critical(
                    "the engine has ended, or hangs for more than %g s (LOOKALIKE_ENGINE_STUCK_S); this process ends "
                    "with status %d, to be started again",
                    self._stuck_after_s,
                    EXIT_STATUS,
                )
                self._end(EXIT_STATUS)
                return

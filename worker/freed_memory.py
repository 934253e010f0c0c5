"""Gives memory that large pictures took back to the system."""

import ctypes
import sys
import threading
import time
from typing import Final

from worker.supervised_thread import SupervisedThread

# Below this, what is freed is soon taken again.
WORTH_RETURNING_BYTES: Final = 64 * 1024 * 1024
_PAUSE_S: Final = 1.0


class FreedMemory:
    """Returns freed memory after large decodings, for the allocator may be set to keep it.

    It keeps it for forward passes (`model.allocator`), which take the same memory each time. After memory was
    returned, the next pass faults its share in again, once. So this happens only after large pictures, and at most once
    a second. Does nothing with C libraries other than glibc.
    """

    def __init__(self) -> None:
        self._trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
        self._wanted = threading.Event()
        self._thread = SupervisedThread("freed memory", self._run)

    def start(self) -> None:
        """Start the thread that returns it."""
        if self._trim is not None:
            self._thread.start()

    def note(self, decoding_bytes: int) -> None:
        """Tell that a decoding that took this much has ended."""
        if decoding_bytes >= WORTH_RETURNING_BYTES:
            self._wanted.set()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            # Others that end now are served by the same call.
            time.sleep(_PAUSE_S)
            self._wanted.clear()
            if self._trim is not None:
                self._trim(0)

"""Child processes that end when this process ends, however it ends."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn` for `subprocess.Popen` that makes the kernel signal the child when its parent ends.

    The kernel ties the child to the *thread* that starts it, so start it from the main thread.

    Args:
        number: the signal that the child gets.

    Returns:
        None on systems other than Linux; there a parent that is killed leaves an orphan.
    """
    return _EndWithParent(os.getpid(), number) if sys.platform == "linux" else None


class _EndWithParent:
    """Runs in the child before exec."""

    def __init__(self, parent: int, number: signal.Signals) -> None:
        self._parent = parent
        self._number = number
        # Loaded before the fork, because hardly anything is safe between fork and exec.
        self._prctl = ctypes.CDLL(None, use_errno=True).prctl

    def __call__(self) -> None:
        self._prctl(_PR_SET_PDEATHSIG, self._number)
        if os.getppid() != self._parent:
            os._exit(1)

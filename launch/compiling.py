"""Compiles the searches beside other work, so that nobody waits for it afterwards."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from launch.end_with_parent import end_with_parent


@contextmanager
def compiling_searches() -> Iterator[Callable[[], object]]:
    """Compile in another process while the block runs; the block is given a function that waits for its end.

    It takes seconds once on a machine, and less than one where the machine code is there already. Should it fail,
    whoever searches first compiles instead. It ends with the block, and with us. Must be entered in the main thread.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "index.exact.compiling_ahead"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # Ctrl-C in a terminal goes to its whole process group; this ends it.
        start_new_session=True,
        preexec_fn=end_with_parent(signal.SIGKILL),
    ) as process:
        try:
            yield process.wait
        finally:
            process.kill()

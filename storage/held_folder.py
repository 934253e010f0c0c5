"""A lock that lets one process at a time write into a folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import LookalikeError


@contextmanager
def held(lock: Path, busy: LookalikeError) -> Iterator[None]:
    """Hold a folder's lock while the block runs; the kernel releases it if the process dies.

    Args:
        lock: the lock file inside the folder, created if missing.
        busy: raised when another process holds the lock.
    """
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise busy from None
        yield

"""A lock that lets one process at a time write into a folder."""

import fcntl
import os
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

    Raises:
        OSError: the file cannot be opened, or a link stands in its place, which is never followed: whoever may write
            into the folder could have a file made or locked elsewhere.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise busy from None
        yield
    finally:
        os.close(descriptor)

"""A folder that one process at a time may write into."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contracts.errors import LookalikeError


@contextmanager
def held(lock: Path, busy: LookalikeError) -> Iterator[None]:
    """Hold a folder for as long as the block runs; the lock goes with the process, however that ends.

    Args:
        lock: the lock's file inside the folder, made if missing.
        busy: raised when another process holds it.
    """
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise busy from None
        yield

"""The name under which a process claims imports; one that follows a killed process gets its name, and goes on."""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_SLOTS: Final = 16
_NAME: Final = re.compile(rb"[0-9a-f]{32}")


@contextmanager
def held_owner(folder: Path) -> Iterator[str]:
    """A name that no other running process has.

    It stands in a file that the process holds locked. The kernel releases the lock when the process dies, so whoever
    holds it knows that nobody else lives under this name.

    Args:
        folder: where the files are.

    Raises:
        OSError: a file cannot be opened.
    """
    for slot in range(_SLOTS):
        descriptor = os.open(
            folder / f".importer-{slot}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666
        )
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield _name(descriptor)
            return
        finally:
            os.close(descriptor)
    yield secrets.token_hex(16)


def _name(descriptor: int) -> str:
    name = os.pread(descriptor, 64, 0)
    if not _NAME.fullmatch(name):
        name = secrets.token_hex(16).encode()
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, name, 0)
        os.fsync(descriptor)
    return name.decode()

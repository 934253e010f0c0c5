"""A folder under a temporary name while it is being filled, and the sweeping up of abandoned ones.

The maker holds a lock on its folder; the kernel lets go of it when the maker dies, however it
dies. So whoever gets the lock of an unfinished folder may remove it, across containers too.
"""

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.durable_files import UNFINISHED_PREFIX

_ABANDONED_FILE_AGE_S = 3600.0


@contextmanager
def unfinished_folder(parent: Path) -> Iterator[Path]:
    """A new locked folder in `parent`; removed at the end unless it was renamed meanwhile.

    Raises:
        OSError: it cannot be made.
    """
    while True:
        folder = parent / f"{UNFINISHED_PREFIX}{secrets.token_hex(6)}"
        folder.mkdir()
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue  # swept up by another builder before it could be locked
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if not folder.exists():
                continue
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)
            return
        finally:
            os.close(descriptor)


def sweep_abandoned(parent: Path) -> None:
    """Remove unfinished folders whose maker is dead, and unfinished files over an hour old."""
    for leftover in parent.glob(f"{UNFINISHED_PREFIX}*"):
        try:
            if leftover.is_dir():
                _remove_if_abandoned(leftover)
            elif time.time() - leftover.stat().st_mtime > _ABANDONED_FILE_AGE_S:
                leftover.unlink()
        except OSError:
            # Another builder swept it up, its maker lives (BlockingIOError), or it is not ours to
            # remove: in no case a reason not to build.
            continue


def _remove_if_abandoned(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(descriptor)

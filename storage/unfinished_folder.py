"""Temporary folders that are renamed when complete, and the removal of abandoned ones.

The process that creates a folder holds a lock on it, and the kernel releases the lock when that
process dies. So a process that gets the lock may remove the folder, across containers too.
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
    """Create and lock a folder in `parent`; it is removed at the end unless the block renamed it.

    Raises:
        OSError: it cannot be created.
    """
    while True:
        folder = parent / f"{UNFINISHED_PREFIX}{secrets.token_hex(6)}"
        folder.mkdir()
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            continue  # another process removed it before it could be locked
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
    """Remove unfinished folders whose creator has died, and unfinished files over an hour old."""
    for leftover in parent.glob(f"{UNFINISHED_PREFIX}*"):
        try:
            if leftover.is_dir():
                _remove_if_abandoned(leftover)
            elif time.time() - leftover.stat().st_mtime > _ABANDONED_FILE_AGE_S:
                leftover.unlink()
        except OSError:
            # Another process removed it, its creator is alive (BlockingIOError), or we lack permission.
            # None of these is a reason to stop.
            continue


def _remove_if_abandoned(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(descriptor)

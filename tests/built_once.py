"""What takes long to build is built once, also where the tests run in several processes."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def built_once(temporary: pytest.TempPathFactory, name: str, build: Callable[[Path], None]) -> Path:
    """Return a folder that the first process to ask has built; others wait for it.

    Args:
        temporary: the session's temporary folders.
        name: of the folder.
        build: fills the folder, which exists and is empty.
    """
    base = temporary.getbasetemp()
    # Each process of pytest-xdist has its own folder inside the session's.
    session = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, finished = session / name, session / f"{name}.finished"
    with (session / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            folder.mkdir()
            build(folder)
            finished.touch()
    return folder

"""Importing a file or folder again whenever it has changed and then rested."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from contracts.errors import FeedError
from contracts.progress import ProgressBar
from importer.by_command import CommandImport, Outcome

POLL_S: Final = 2.0


def watch(
    importing: CommandImport,
    path: Path,
    *,
    max_removed: float,
    progress_bar: ProgressBar,
    wait: Callable[[float], object] = time.sleep,
) -> Iterator[Outcome]:
    """Import a feed or a folder of pictures now, and again whenever it has changed; never ends.

    What it no longer has is deleted. A change counts once two looks in a row have seen the same, so that a file that is
    still being written is not imported. It compares names, sizes and times, not content.

    Args:
        importing: runs the imports.
        path: of the feed or folder.
        max_removed: see `importer.removing`.
        progress_bar: shows each import.
        wait: called with the seconds between two looks.

    Yields:
        What each import did.

    Raises:
        FeedError: there is no such file or folder at the beginning.
    """
    if not path.exists():
        raise FeedError(f"{path} does not exist; give a feed or a folder of pictures")
    imported: bytes | None = None
    seen: bytes | None = state(path)
    while True:
        now = state(path)
        if now is not None and now == seen and now != imported:
            imported = now
            with progress_bar("Importing", "row") as progress:
                outcome = importing.run(str(path), mode="replace", max_removed=max_removed, progress=progress)
            yield outcome
        seen = now
        wait(POLL_S)


def state(path: Path) -> bytes | None:
    """A digest of the names, sizes and times of a file, or of the files of a folder; None if it is not there now."""
    digest = hashlib.sha256()
    try:
        if not path.is_dir():
            digest.update(_line(path.name, path.stat()))
            return digest.digest()
        for folder, folders, files in os.walk(path):
            folders.sort()
            for name in sorted(files):
                file = Path(folder) / name
                digest.update(_line(str(file.relative_to(path)), file.stat()))
    except OSError:
        # Removed between two steps: it is being changed.
        return None
    return digest.digest()


def _line(name: str, status: os.stat_result) -> bytes:
    return f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "surrogateescape")

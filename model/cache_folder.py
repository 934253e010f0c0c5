"""The folder for what can be made again: compiled graphs, and checks of checkpoints that cannot be written to."""

import os
import stat
from pathlib import Path


def cache_folder() -> Path | None:
    """`lookalike` in the user's cache folder, made if it is missing.

    Returns:
        None where there is none that only this user can write: what lies in a folder that others can write is not to
        be trusted.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "lookalike"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        trusted = _is_private(base) and _is_private(folder) and os.access(folder, os.W_OK)
    except (OSError, RuntimeError):
        return None
    return folder if trusted else None


def _is_private(folder: Path) -> bool:
    status = folder.lstat()
    mine = not hasattr(os, "geteuid") or status.st_uid in (0, os.geteuid())
    return mine and stat.S_ISDIR(status.st_mode) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)

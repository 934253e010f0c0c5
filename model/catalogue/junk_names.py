"""Names of files and folders that systems leave among pictures: thumbnails, deleted files, archives' leftovers."""

from fnmatch import fnmatchcase
from typing import Final

# Compared in lower case.
_JUNK: Final = (
    # Synology, QNAP and other network storage.
    "@eadir",
    "@recycle",
    "#recycle",
    "#snapshot",
    "@tmp",
    "@recently-snapshot",
    "@__thumb",
    "synophoto_thumb_*",
    # Windows.
    "$recycle.bin",
    "recycler",
    "system volume information",
    "found.[0-9][0-9][0-9]",
    "thumbs.db*",
    "ehthumbs*.db",
    "desktop.ini",
    # macOS, and its archives.
    "__macosx",
    "network trash folder",
    "temporary items",
    # Linux.
    "lost+found",
    ".thumbnails",
    ".trash*",
    ".@__thumb",
)


def is_junk(name: str) -> bool:
    """Whether a file or folder of this name was made by a system, not by the shop."""
    lower = name.lower()
    return any(fnmatchcase(lower, junk) for junk in _JUNK)

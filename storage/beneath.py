"""Opening files of a folder that others may change at any moment, and never one outside it."""

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

# On Linux a folder need not be readable for the files in it to be.
_FOLDER_FLAGS: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without blocking: a named pipe must not hold a thread for ever.
_FILE_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class OutsideError(OSError):
    """A path leads out of the folder, or a link was put in its way while it was followed."""


class NotAFileError(OSError):
    """A path leads to a folder, a pipe or a device."""


def open_beneath(root: Path, relative: str, *, also: Iterable[Path] = ()) -> BinaryIO:
    """Open a file below a folder for reading.

    Symbolic links are followed as long as they stay below the folder, or lead below one of some others. The path is
    resolved first, then opened segment by segment without following any link. So a link that is put in its way in
    between makes this fail, and never leads outside.

    Args:
        root: absolute and resolved.
        relative: path below it, POSIX separators.
        also: other folders, absolute and resolved, that links may lead to.

    Raises:
        OutsideError, NotAFileError: see there.
        OSError, ValueError: there is no such file, or it cannot be opened.
    """
    real = Path(os.path.realpath(root / relative))
    base = next((folder for folder in (root, *also) if real.is_relative_to(folder)), None)
    if base is None:
        raise OutsideError(errno.EXDEV, "is outside the folder")
    if real == base:
        raise NotAFileError(errno.EISDIR, "is a folder")
    *folders, name = real.relative_to(base).parts
    descriptor = _open(base, folders, name)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotAFileError(errno.EINVAL, "is not a file")
    except OSError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def _open(root: Path, folders: list[str], name: str) -> int:
    folder = os.open(root, _FOLDER_FLAGS)
    try:
        for segment in folders:
            inner = os.open(segment, _FOLDER_FLAGS, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(name, _FILE_FLAGS, dir_fd=folder)
    except OSError as error:
        # What opening a link says, as the last segment and as one before.
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:
            raise OutsideError(error.errno, "changed while it was opened") from error
        raise
    finally:
        os.close(folder)

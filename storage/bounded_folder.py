"""A folder of files that can be made again: bounded in bytes, the longest unused ones go first, and safe to delete."""

import hashlib
import os
import re
import secrets
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from storage.durable_files import UNFINISHED_PREFIX

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without blocking: a named pipe must not hold a thread for ever.
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NAME: Final = re.compile(r"([0-9a-f]{2})([0-9a-f]{62})", re.ASCII)
_REST: Final = re.compile(r"[0-9a-f]{62}", re.ASCII)
_SHARES: Final = 256
_SEAL_BYTES: Final = 16
# A use is noted at most this often, so that reading a file seldom writes.
_NOTED_AFTER_S: Final = 600.0
# A file that was begun so long ago belongs to a process that died.
_DEAD_AFTER_S: Final = 3600.0


@dataclass(frozen=True, slots=True, order=True)
class _Entry:
    """A file; the longest unused one is the least."""

    used_at: float
    name: str
    size: int


class BoundedFolder:
    """Files by names of 64 hexadecimal digits of a hash; may be used by several threads and processes at once.

    The first two digits choose one of 256 inner folders, each of which may have its share of the bytes. Names are
    hashes, so the shares fill alike, and making room is a look at a few hundred files.

    Files are replaced atomically and sealed by a hash, so that one that was cut by a power failure is a miss. Nothing
    is flushed to the disk. No link is followed inside the folder, and only files with such names are ever removed.

    Args:
        root: the folder; it is made with the first file, and again if it was deleted.
        most_bytes: what all files may have together. A file of more than a 256th of that is not kept.
    """

    def __init__(self, root: Path, most_bytes: int) -> None:
        # A link in place of the folder itself is the operator's; those inside are not followed.
        self.root = Path(os.path.realpath(root))
        self._share = most_bytes // _SHARES
        self._lock = threading.Lock()

    def get(self, name: str) -> bytes | None:
        """The content of a file; None if there is none, or it is damaged or no file."""
        outer, rest = _parts(name)
        try:
            with self._opened(outer) as folder:
                descriptor = os.open(rest, _FILE, dir_fd=folder)
            with os.fdopen(descriptor, "rb") as stream:
                found = os.fstat(descriptor)
                if not stat.S_ISREG(found.st_mode) or found.st_size > self._share:
                    return None
                sealed = stream.read()
                if time.time() - found.st_mtime > _NOTED_AFTER_S:
                    os.utime(descriptor)
        except OSError:
            return None
        data = sealed[_SEAL_BYTES:]
        return data if sealed[:_SEAL_BYTES] == _seal(data) else None

    def put(self, name: str, data: bytes) -> int:
        """Keep a file, unless it has more bytes than a share.

        Returns:
            The number of files that were removed to make room.

        Raises:
            OSError: it cannot be written.
        """
        outer, rest = _parts(name)
        sealed = _seal(data) + data
        if len(sealed) > self._share:
            return 0
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / outer).mkdir(exist_ok=True)
        # One at a time, so that two do not take the same room.
        with self._lock, self._opened(outer) as folder:
            removed = _make_room(folder, self._share - len(sealed), replaced=rest)
            _write(folder, rest, sealed)
        return removed

    @contextmanager
    def _opened(self, outer: str) -> Iterator[int]:
        root = os.open(self.root, _FOLDER)
        try:
            folder = os.open(outer, _FOLDER, dir_fd=root)
        finally:
            os.close(root)
        try:
            yield folder
        finally:
            os.close(folder)


def _parts(name: str) -> tuple[str, str]:
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"a name has 64 hexadecimal digits, got {name!r:.80}")
    return found[1], found[2]


def _seal(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_SEAL_BYTES).digest()


def _make_room(folder: int, most_bytes: int, *, replaced: str) -> int:
    """Remove what has been unused for longest until the others have at most so many bytes; how many were removed."""
    entries = sorted(entry for entry in _entries(folder) if entry.name != replaced)
    held = sum(entry.size for entry in entries)
    removed = 0
    for entry in entries:
        if held <= most_bytes:
            break
        _remove(folder, entry.name)
        held -= entry.size
        removed += 1
    return removed


def _entries(folder: int) -> Iterator[_Entry]:
    now = time.time()
    for name in os.listdir(folder):
        try:
            found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            continue
        if _REST.fullmatch(name):
            yield _Entry(found.st_mtime, name, found.st_size)
        elif name.startswith(UNFINISHED_PREFIX) and now - found.st_mtime > _DEAD_AFTER_S:
            _remove(folder, name)


def _remove(folder: int, name: str) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        # Another process was faster.
        return


def _write(folder: int, name: str, content: bytes) -> None:
    unfinished = f"{UNFINISHED_PREFIX}{secrets.token_hex(6)}"
    descriptor = os.open(unfinished, _NEW_FILE, 0o644, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        os.rename(unfinished, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        os.unlink(unfinished, dir_fd=folder)
        raise

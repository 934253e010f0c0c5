"""Writing files so that a crash at any moment leaves the old content or the new, never a mixture."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

UNFINISHED_PREFIX = ".tmp-"


@dataclass(frozen=True, slots=True)
class FileSeal:
    """Size and SHA-256 of a file, as a manifest records them.

    Attributes:
        bytes: size of the file.
        sha256: 64 lower-case hexadecimal digits.
    """

    bytes: int
    sha256: str


def flush_file(path: Path) -> None:
    """Wait until a file's content is on the disk."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def flush_folder(folder: Path) -> None:
    """Wait until a folder's directory entries are on the disk: only then is a rename durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write a file that takes the place of another once the block ends: readers see all of the old or all of the new.

    If the block raises an error, everything stays as it was.
    """
    unfinished = path.with_name(f"{UNFINISHED_PREFIX}{path.name}-{secrets.token_hex(4)}")
    try:
        with unfinished.open("xb") as stream:
            yield stream
        flush_file(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    flush_folder(path.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Replace a file's content atomically: readers see all of the old or all of the new."""
    with replacing(path) as stream:
        stream.write(content)


def seal_file(path: Path) -> FileSeal:
    """Measure the size and SHA-256 of a file."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return FileSeal(bytes=os.fstat(stream.fileno()).st_size, sha256=digest)


def seal_problem(path: Path, seal: FileSeal) -> str | None:
    """What is wrong with a file, or None if its size and SHA-256 match its seal.

    The size is compared before anything is read, so a truncated file is never memory-mapped.
    """
    try:
        size = path.stat().st_size
        if size != seal.bytes:
            return f"has {size} bytes, but its manifest says {seal.bytes}"
        if seal_file(path) != seal:
            return "does not match the SHA-256 in its manifest: its content was changed or damaged"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return None

"""The folder of a picture store: files that survive a crash, and that no link leads out of the folder."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from contracts.errors import StoreUnavailableError
from storage.beneath import NotAFileError, OutsideError, open_beneath
from storage.durable_files import UNFINISHED_PREFIX

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class PictureFolder:
    """Files of a folder by `ab/cd/name`. Written without following any link."""

    def __init__(self, root: Path) -> None:
        # A link in place of the folder itself is the operator's; those inside are not followed.
        self._root = Path(os.path.realpath(root))
        # Folders whose own entry was seen on the disk; whoever made them may have died before that.
        self._durable: set[str] = set()

    def __str__(self) -> str:
        return str(self._root)

    def put(self, name: str, data: bytes) -> None:
        """Write a file atomically and durably, unless it is there with this content.

        Raises:
            StoreUnavailableError: it cannot be written; the message says why.
        """
        folders, file = name.rsplit("/", 1)
        with self._reported("written"):
            if self._read(name, len(data)) != data:
                self._make(folders)
                with self._folder(folders) as folder:
                    _write(folder, file, data)
            self._flush(folders)

    def get(self, name: str, *, most_bytes: int) -> bytes | None:
        """The content of a file; None if there is none.

        Raises:
            StoreUnavailableError: it cannot be read, is no file, or has over `most_bytes`.
        """
        with self._reported("read"):
            data = self._read(name, most_bytes)
        if data is not None and len(data) > most_bytes:
            raise StoreUnavailableError(
                f"{self._root / name} has over {most_bytes:,} bytes, so it is no picture of this store; remove it"
            )
        return data

    def has(self, name: str) -> bool:
        """Whether there is such a file.

        Raises:
            StoreUnavailableError: this cannot be found out.
        """
        with self._reported("read"):
            return self._read(name, 0) is not None

    def delete(self, name: str) -> None:
        """Remove a file; nothing happens if there is none.

        Raises:
            StoreUnavailableError: it cannot be removed.
        """
        folders, file = name.rsplit("/", 1)
        with self._reported("written"):
            try:
                with self._folder(folders) as folder:
                    os.unlink(file, dir_fd=folder)
                    os.fsync(folder)
            except FileNotFoundError:
                return

    def names(self) -> Iterator[str]:
        """`ab/cd/name` of each file.

        Raises:
            StoreUnavailableError: a folder cannot be read.
        """
        with self._reported("read"):
            for outer in _entries(self._root):
                for inner in _entries(self._root / outer):
                    yield from (f"{outer}/{inner}/{file}" for file in _entries(self._root / outer / inner, files=True))

    def _read(self, name: str, most_bytes: int) -> bytes | None:
        try:
            with open_beneath(self._root, name) as stream:
                return stream.read(most_bytes + 1)
        except FileNotFoundError:
            return None

    def _make(self, folders: str) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        outer, inner = folders.split("/")
        with self._folder("") as root:
            _make_folder(root, outer)
        with self._folder(outer) as above:
            _make_folder(above, inner)

    def _flush(self, folders: str) -> None:
        """Wait until the entries on the way to a file are on the disk."""
        with self._folder(folders) as folder:
            os.fsync(folder)
        if folders in self._durable:
            return
        for above in (folders.split("/")[0], ""):
            with self._folder(above) as folder:
                os.fsync(folder)
        descriptor = os.open(self._root.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._durable.add(folders)

    @contextmanager
    def _folder(self, relative: str) -> Iterator[int]:
        descriptor = os.open(self._root, _FOLDER)
        try:
            for segment in relative.split("/") if relative else ():
                inner = os.open(segment, _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = inner
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def _reported(self, done: str) -> Iterator[None]:
        try:
            yield
        except (OutsideError, NotAFileError) as error:
            raise self._foreign() from error
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                raise self._foreign() from error
            raise StoreUnavailableError(
                f"the pictures in {self._root} cannot be {done} ({error.strerror or error}); free disk space or grant "
                "access, then try again"
            ) from error

    def _foreign(self) -> StoreUnavailableError:
        return StoreUnavailableError(
            f"in the folder of pictures {self._root}, a link or something else stands in the place of a picture or of "
            "its folder; it is not followed, so remove it"
        )


def _make_folder(above: int, name: str) -> None:
    try:
        os.mkdir(name, dir_fd=above)
    except FileExistsError:
        return


def _write(folder: int, file: str, data: bytes) -> None:
    unfinished = f"{UNFINISHED_PREFIX}{secrets.token_hex(6)}"
    descriptor = os.open(unfinished, _NEW_FILE, 0o644, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.rename(unfinished, file, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        os.unlink(unfinished, dir_fd=folder)
        raise


def _entries(folder: Path, *, files: bool = False) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            kind = "is_file" if files else "is_dir"
            return sorted(entry.name for entry in entries if getattr(entry, kind)(follow_symlinks=False))
    except FileNotFoundError:
        return []

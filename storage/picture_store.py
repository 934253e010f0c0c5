"""Pictures by the SHA-256 of their bytes: in a folder, or in a bucket of an object store.

In both, a picture is `ab/cd/<64 hex>`, where `ab` and `cd` are its first digits. So a folder can be copied to a bucket.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from contracts.errors import StoreUnavailableError
from contracts.object_urls import is_object_url
from storage.object_store import ObjectStore, open_object_store
from storage.picture_folder import PictureFolder

_NAME: Final = re.compile(r"([0-9a-f]{2})/([0-9a-f]{2})/(\1\2[0-9a-f]{60})", re.ASCII)
# Uploads may have 10 MiB; a picture without its metadata has some bytes more at most.
MOST_BYTES: Final = 11 * 1024 * 1024


class _Files(Protocol):
    def put(self, name: str, data: bytes) -> None: ...
    def get(self, name: str, *, most_bytes: int) -> bytes | None: ...
    def has(self, name: str) -> bool: ...
    def delete(self, name: str) -> None: ...
    def names(self) -> Iterator[str]: ...


class PictureStore:
    """Pictures by their SHA-256; may be used by several threads and processes at once."""

    def __init__(self, files: _Files) -> None:
        self._files = files

    def __str__(self) -> str:
        return str(self._files)

    def put(self, data: bytes) -> bytes:
        """Keep a picture; when this returns, it survives a crash.

        A picture that is there already stays; one that was damaged is mended.

        Returns:
            Its SHA-256, 32 bytes.

        Raises:
            StoreUnavailableError: it cannot be written, or has over 11 MiB.
        """
        if len(data) > MOST_BYTES:
            raise StoreUnavailableError(f"a picture of {len(data):,} bytes is not stored; at most {MOST_BYTES:,} are")
        digest = hashlib.sha256(data).digest()
        self._files.put(_name(digest), data)
        return digest

    def get(self, digest: bytes) -> bytes | None:
        """The bytes of a picture; None if it is not there.

        Raises:
            StoreUnavailableError: it cannot be read, or is damaged.
        """
        name = _name(digest)
        data = self._files.get(name, most_bytes=MOST_BYTES)
        if data is not None and hashlib.sha256(data).digest() != digest:
            raise StoreUnavailableError(
                f"the picture {name} in {self} was changed or damaged; send the item with its picture again, which "
                "mends it, or restore the file"
            )
        return data

    def has(self, digest: bytes) -> bool:
        """Whether a picture is there; its content is not checked.

        Raises:
            StoreUnavailableError: the store cannot be asked.
        """
        return self._files.has(_name(digest))

    def delete(self, digest: bytes) -> None:
        """Remove a picture; nothing happens if it is not there.

        Raises:
            StoreUnavailableError: it cannot be removed.
        """
        self._files.delete(_name(digest))

    def digests(self) -> Iterator[bytes]:
        """SHA-256 of each picture, in no particular order; other files are passed over.

        Raises:
            StoreUnavailableError: the store cannot be listed.
        """
        for name in self._files.names():
            named = _NAME.fullmatch(name)
            if named is not None:
                yield bytes.fromhex(named[3])


class _Bucket:
    """Adds to an object store what a picture store asks for."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self.put, self.get, self.delete, self.names = objects.put, objects.get, objects.delete, objects.names

    def __str__(self) -> str:
        return str(self._objects)

    def has(self, name: str) -> bool:
        return self._objects.facts(name) is not None


def open_picture_store(location: str | Path) -> PictureStore:
    """Open a store: a folder, which is made when the first picture is put, or `s3://bucket/prefix`.

    Raises:
        LaunchError: the URL is of another kind.
    """
    if is_object_url(location):
        return PictureStore(_Bucket(open_object_store(location)))
    return PictureStore(PictureFolder(Path(location)))


def default_store(bundles: Path) -> Path:
    """The folder of pictures where no store is named: `pictures` beside the folder of bundles."""
    return bundles.absolute().parent / "pictures"


def _name(digest: bytes) -> str:
    digits = digest.hex()
    if len(digits) != 64:
        raise ValueError(f"a SHA-256 has 32 bytes, got {len(digest)}")
    return f"{digits[:2]}/{digits[2:4]}/{digits}"

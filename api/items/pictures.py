"""The pictures of catalogue items: in the picture store, or below the catalogue's root and where links may lead."""

import os
import zlib
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from api.http.problems import ServiceProblem
from contracts.errors import StoreUnavailableError
from contracts.stored_picture import PREFIX, is_stored
from index.query import ItemRecord
from pictures.formats import formats_in_words, recognised
from pictures.header import MAX_PICTURE_BYTES
from storage.beneath import NotAFileError, OutsideError, open_beneath
from storage.picture_store import PictureStore


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture as it is in the catalogue.

    Attributes:
        data: its bytes, or None if the caller already has the version with this tag.
        media_type: recognised by its first bytes; empty if there is no data.
        etag: strong, with its quotes; of a file from its path, time and size, of a stored picture its SHA-256.
        identity: changes with the bytes; None if they changed while they were read.
    """

    data: bytes | None
    media_type: str
    etag: str
    identity: bytes | None


class CataloguePictures:
    """Reads the pictures of items; every call may block, so call it in a thread.

    Args:
        root: folder that the items' paths are relative to, absolute and resolved.
        also: other folders that links below the root may lead to, absolute and resolved.
        store: of the pictures of items that were changed; None: there are none.
    """

    def __init__(self, root: Path, also: Sequence[Path] = (), *, store: PictureStore | None = None) -> None:
        self._root = root
        self._also = tuple(also)
        self._store = store

    def read(self, item: ItemRecord) -> bytes:
        """The bytes of an item's picture.

        Raises:
            ServiceProblem: `not_found`, or `catalogue_unavailable` if the picture store cannot be read.
        """
        data = self.fetch(item, known_tags=()).data
        if data is None:
            raise self._missing(item, "is empty")
        return data

    def fetch(self, item: ItemRecord, *, known_tags: Container[str]) -> StoredPicture:
        """An item's picture, without its bytes if the caller knows its tag.

        Raises:
            ServiceProblem: `not_found`: the file is missing, outside the root, too large or not a picture;
                `catalogue_unavailable`: the picture store cannot be read.
        """
        if is_stored(item.image):
            return self._stored(item, known_tags)
        with self._opened(item) as stream:
            found = os.fstat(stream.fileno())
            # The path is included, because another version of the index may have another file for the item.
            etag = f'"{found.st_mtime_ns:x}-{found.st_size:x}-{zlib.crc32(item.image.encode()):x}"'
            identity: bytes | None = self._identity_of(item, found)
            if etag in known_tags:
                return StoredPicture(None, "", etag, identity)
            data = stream.read(MAX_PICTURE_BYTES + 1)
            if self._identity_of(item, os.fstat(stream.fileno())) != identity:
                identity = None
        if len(data) > MAX_PICTURE_BYTES:
            raise self._missing(item, f"has over {MAX_PICTURE_BYTES:,} bytes")
        picture_format = recognised(data)
        if picture_format is None:
            raise self._missing(item, f"is neither {formats_in_words('nor')}")
        return StoredPicture(data, picture_format.media_type, etag, identity)

    def identity(self, item: ItemRecord) -> bytes:
        """What changes with the bytes of an item's picture; the picture store is not asked.

        Raises:
            ServiceProblem: `not_found`: the file is missing, or outside the root.
        """
        if is_stored(item.image):
            return item.image.encode()
        with self._opened(item) as stream:
            return self._identity_of(item, os.fstat(stream.fileno()))

    def _identity_of(self, item: ItemRecord, found: os.stat_result) -> bytes:
        # What moves another file here, or sets its time back, still changes its ctime.
        times = f"{found.st_mtime_ns:x} {found.st_ctime_ns:x} {found.st_size:x}"
        return b"\0".join((bytes(self._root), item.image.encode(), times.encode()))

    @contextmanager
    def _opened(self, item: ItemRecord) -> Iterator[BinaryIO]:
        try:
            with open_beneath(self._root, item.image, also=self._also) as stream:
                yield stream
        except OutsideError as error:
            raise self._missing(item, "is outside the catalogue's folder") from error
        except NotAFileError as error:
            raise self._missing(item, "is not a file") from error
        except (OSError, ValueError, RuntimeError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise self._missing(item, f"cannot be read ({(reason or type(error).__name__).lower()})") from error

    def _stored(self, item: ItemRecord, known_tags: Container[str]) -> StoredPicture:
        name = item.image.removeprefix(PREFIX)
        etag = f'"{name}"'
        if etag in known_tags:
            return StoredPicture(None, "", etag, item.image.encode())
        try:
            data = None if self._store is None else self._store.get(bytes.fromhex(name))
        except StoreUnavailableError as error:
            raise ServiceProblem("catalogue_unavailable", str(error)) from error
        picture_format = None if data is None else recognised(data)
        if data is None or picture_format is None:
            raise self._missing(item, "is not in the picture store (LOOKALIKE_PICTURE_STORE)")
        return StoredPicture(data, picture_format.media_type, etag, item.image.encode())

    def _missing(self, item: ItemRecord, what: str) -> ServiceProblem:
        return ServiceProblem(
            "not_found",
            f"the picture of item {item.id!r:.120} {what}; the item is known, so its file was moved or "
            "changed after the index was built",
        )

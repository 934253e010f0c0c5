"""The pictures of catalogue items: in the picture store, or below the catalogue's root, a folder or a prefix."""

import os
import zlib
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import anyio.to_thread

from api.http.problems import ServiceProblem
from api.items.object_pictures import ObjectPictures, missing
from api.items.store_threads import StoreThreads
from contracts.errors import StoreUnavailableError
from contracts.stored_picture import PREFIX, is_stored
from index.query import ItemRecord
from pictures.formats import formats_in_words, recognised
from pictures.header import MAX_PICTURE_BYTES
from storage.beneath import NotAFileError, OutsideError, open_beneath
from storage.picture_store import PictureStore

_Result = TypeVar("_Result")


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
        root: what the items' paths are relative to: a folder, absolute and resolved, or a prefix of an object store.
        also: other folders that links below the root may lead to, absolute and resolved.
        store: of the pictures of items that were changed; None: there are none.
    """

    def __init__(
        self, root: Path | ObjectPictures, also: Sequence[Path] = (), *, store: PictureStore | None = None
    ) -> None:
        self._objects = None if isinstance(root, Path) else root
        self._root = root if isinstance(root, Path) else Path("/")
        self._also = tuple(also)
        self._store = store
        self._threads = StoreThreads()

    def is_remote(self, item: ItemRecord) -> bool:
        """Whether a store may have to be waited for to read an item's picture."""
        return self._objects is not None or is_stored(item.image)

    async def run(self, item: ItemRecord, work: Callable[[], _Result], *, only_identity: bool = False) -> _Result:
        """The result of work that reads an item's picture, in a thread.

        Args:
            item: whose picture it is.
            work: calls `read`, `fetch` or `identity`.
            only_identity: whether it calls `identity` only.

        Raises:
            ServiceProblem: what the work raises; `catalogue_unavailable`: too many wait for the store already.
        """
        waits = self.is_remote(item)
        if only_identity:
            waits = self._objects is not None and not is_stored(item.image) and not self._objects.is_fresh(item)
        return await (self._threads.run(work) if waits else anyio.to_thread.run_sync(work))

    def read(self, item: ItemRecord) -> bytes:
        """The bytes of an item's picture.

        Raises:
            ServiceProblem: `not_found`, or `catalogue_unavailable` if the picture store cannot be read.
        """
        data = self.fetch(item, known_tags=()).data
        if data is None:
            raise missing(item, "is empty")
        return data

    def fetch(self, item: ItemRecord, *, known_tags: Container[str]) -> StoredPicture:
        """An item's picture, without its bytes if the caller knows its tag.

        Raises:
            ServiceProblem: `not_found`: the file is missing, outside the root, too large or not a picture;
                `catalogue_unavailable`: the picture store, or the catalogue's object store, cannot be read.
        """
        if is_stored(item.image):
            return self._stored(item, known_tags)
        if self._objects is not None:
            data, tag, known_as = self._objects.read(item, known_tags)
            return StoredPicture(data, "" if data is None else _media_type(item, data), tag, known_as)
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
            raise missing(item, f"has over {MAX_PICTURE_BYTES:,} bytes")
        return StoredPicture(data, _media_type(item, data), etag, identity)

    def identity(self, item: ItemRecord) -> bytes:
        """What changes with the bytes of an item's picture; the picture store is not asked, an object store at times.

        Raises:
            ServiceProblem: `not_found`: the file is missing, or outside the root; `catalogue_unavailable`: the
                catalogue's object store cannot be asked.
        """
        if is_stored(item.image):
            return item.image.encode()
        if self._objects is not None:
            return self._objects.identity(item)
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
            raise missing(item, "is outside the catalogue's folder") from error
        except NotAFileError as error:
            raise missing(item, "is not a file") from error
        except (OSError, ValueError, RuntimeError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise missing(item, f"cannot be read ({(reason or type(error).__name__).lower()})") from error

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
            raise missing(item, "is not in the picture store (LOOKALIKE_PICTURE_STORE)")
        return StoredPicture(data, picture_format.media_type, etag, item.image.encode())


def _media_type(item: ItemRecord, data: bytes) -> str:
    picture_format = recognised(data)
    if picture_format is None:
        raise missing(item, f"is neither {formats_in_words('nor')}")
    return picture_format.media_type

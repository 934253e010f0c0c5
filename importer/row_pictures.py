"""The pictures that rows of a feed name: found, stripped of metadata, decoded unless known, and stored."""

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalogue.picture_notes import PictureNote
from contracts.errors import PictureRejected, UnreachableError, UrlRefusedError
from feeds.rows import FeedRow, is_address
from fetching.dialing import Dialer
from fetching.fetching import NotModified, fetch
from fetching.rules import UrlRules
from fetching.validators import Validators
from pictures.header import MAX_PICTURE_BYTES
from pictures.without_metadata import without_metadata
from storage.beneath import OutsideError, open_beneath
from storage.picture_store import PictureStore

FETCH_TIMEOUT_S = 10.0
# A file that was written so lately may be written again without its time telling.
_SETTLED_NS = 2_000_000_000


class RowFault(Exception):
    """Why a row cannot be used.

    Attributes:
        code: short and fixed.
        detail: a sentence.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class FoundPicture:
    """A picture that a row names.

    Attributes:
        digest: SHA-256 of its bytes without metadata, 32 bytes.
        data: these bytes; None if it is as an earlier import found it, so that it was not read.
        note: what lets the next import skip it; None if there is nothing new to note.
    """

    digest: bytes
    data: bytes | None
    note: PictureNote | None


@dataclass(frozen=True, slots=True)
class PictureFinder:
    """Finds the pictures of one feed.

    Attributes:
        folder: that paths are relative to; None: only URLs are followed.
        rules: from where pictures are fetched.
        dialer: that connects to their hosts.
        store: where known pictures are.
        stopping: whether to give up.
    """

    folder: Path | None
    rules: UrlRules
    dialer: Dialer
    store: PictureStore
    stopping: Callable[[], bool] = lambda: False

    def place(self, row: FeedRow) -> bytes | None:
        """What a note about a row's picture is found by, 32 bytes; None if the row names none."""
        if row.picture is None:
            return None
        where = row.picture if is_address(row.picture) else f"file\0{self.folder}\0{row.picture}"
        return hashlib.sha256(where.encode("utf-8", "surrogatepass")).digest()

    def find(self, picture: str, place: bytes, note: PictureNote | None) -> FoundPicture:
        """Find a row's picture; one that is as an earlier import found it is neither read nor fetched.

        Raises:
            RowFault: there is no usable picture.
            StoreUnavailableError: the store cannot be asked.
        """
        if note is not None and not self.store.has(note.digest):
            note = None
        if is_address(picture):
            return self._fetched(picture, place, note)
        return self._read(picture, place, note)

    def _read(self, picture: str, place: bytes, note: PictureNote | None) -> FoundPicture:
        if self.folder is None:
            raise RowFault(
                "invalid_image",
                f"the row names the picture {picture!r:.100} by a path; a feed that was sent can only name URLs",
            )
        try:
            # There are only notes on paths that were opened below the folder before, and nothing is read here.
            if note is not None and note.state == _file_state((self.folder / picture).stat()):
                return FoundPicture(note.digest, None, None)
            with open_beneath(self.folder, picture) as stream:
                status = os.fstat(stream.fileno())
                data = stream.read(MAX_PICTURE_BYTES + 1)
        except OutsideError:
            raise RowFault(
                "invalid_image",
                f"{picture!r:.200} leads outside the feed's folder; copy the picture into it",
            ) from None
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            raise RowFault("missing_image", f"{picture!r:.200} cannot be read: {reason or error}") from None
        settled = time.time_ns() - status.st_mtime_ns > _SETTLED_NS
        return _stripped(picture, data, place, _file_state(status) if settled else None)

    def _fetched(self, picture: str, place: bytes, note: PictureNote | None) -> FoundPicture:
        known = None if note is None else _validators(note.state)
        try:
            fetched = fetch(
                picture,
                self.rules,
                most_bytes=MAX_PICTURE_BYTES,
                timeout_s=FETCH_TIMEOUT_S,
                known=known,
                dialer=self.dialer,
                is_abandoned=self.stopping,
            )
        except UrlRefusedError as error:
            raise RowFault("image_url_refused", str(error)) from None
        except UnreachableError as error:
            raise RowFault("image_unreachable", str(error)) from None
        if isinstance(fetched, NotModified):
            if note is None:
                raise RowFault("image_unreachable", f"{picture!r:.200} was answered without a picture")
            return FoundPicture(note.digest, None, None)
        return _stripped(picture, fetched.data, place, _state(fetched.validators))


def _stripped(picture: str, data: bytes, place: bytes, state: str | None) -> FoundPicture:
    if len(data) > MAX_PICTURE_BYTES:
        raise RowFault(
            "image_too_large", f"{picture!r:.200} has over {MAX_PICTURE_BYTES:,} bytes; save a smaller version of it"
        )
    try:
        kept = without_metadata(data)
    except PictureRejected as rejection:
        raise RowFault(rejection.code, rejection.detail) from None
    digest = hashlib.sha256(kept).digest()
    return FoundPicture(digest, kept, None if state is None else PictureNote(place, state, digest))


def _file_state(status: os.stat_result) -> str:
    return f"{status.st_size} {status.st_mtime_ns}"


def _state(validators: Validators | None) -> str | None:
    """The validators of an answer as one text; None if it has none."""
    if validators is None or not (validators.etag or validators.last_modified):
        return None
    return f"{validators.etag or ''}\n{validators.last_modified or ''}"


def _validators(state: str) -> Validators | None:
    etag, _, last_modified = state.partition("\n")
    return Validators(etag or None, last_modified or None) if etag or last_modified else None


@dataclass(frozen=True, slots=True)
class ReadyPicture:
    """A picture that a row can be written with.

    Attributes:
        image: as in `Item.image`.
        crop: as in `Item`.
        content: key of its embedding, 32 bytes.
        fitted: (3, S, S) uint8 input of the network; None if its embedding is known.
        embedding: (512,) float32, if it came with the row.
    """

    image: str
    crop: tuple[int, int, int, int] | None
    content: bytes
    fitted: NDArray[np.uint8] | None
    embedding: NDArray[np.float32] | None = None

"""Prepares rows of a feed for the network and the database, on several threads, ahead of both."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from catalogue.live_catalogue import LiveCatalogue
from catalogue.picture_notes import PictureNote
from contracts.errors import PictureRejected
from contracts.stored_picture import stored_name
from feeds.rows import BadRow, FeedRow, is_address
from importer.networks import Network
from importer.row_pictures import FoundPicture, PictureFinder, ReadyPicture, RowFault
from importer.stored_pictures import item_picture
from pictures.decoding import decode
from storage.picture_store import PictureStore

# Fetching waits for others, decoding needs cores.
_FETCHERS = 8
# Larger pictures are not kept in memory until it is known whether they are needed.
_KEPT_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class PreparedRow:
    """A row of a feed, ready to be written; with a fault, or with a picture."""

    row: FeedRow | BadRow
    picture: ReadyPicture | None = None
    fault: RowFault | None = None
    note: PictureNote | None = None


class RowPreparation:
    """Prepares rows; use as a context manager, which ends its threads.

    Args:
        catalogue: tells which pictures have an embedding.
        store: where pictures go.
        finder: of the feed's pictures.
        network: that embeds.
        workers: threads that read and decode.
    """

    def __init__(
        self,
        catalogue: LiveCatalogue,
        store: PictureStore,
        finder: PictureFinder,
        network: Network,
        *,
        workers: int,
    ) -> None:
        self._catalogue = catalogue
        self._store = store
        self._finder = finder
        self._network = network
        self._readers = ThreadPoolExecutor(workers, thread_name_prefix="read")
        self._fetchers = ThreadPoolExecutor(_FETCHERS, thread_name_prefix="fetch")

    def __enter__(self) -> "RowPreparation":
        return self

    def __exit__(self, *_: object) -> None:
        self._fetchers.shutdown(cancel_futures=True)
        self._readers.shutdown(cancel_futures=True)

    def prepare(self, rows: Sequence[FeedRow | BadRow]) -> list[PreparedRow]:
        """Prepare some rows; called from several threads at once.

        Raises:
            DatabaseUnavailableError, StoreUnavailableError: one of the two is away.
            ModelError: the network is needed, and cannot be loaded.
        """
        places = [self._finder.place(row) if isinstance(row, FeedRow) else None for row in rows]
        notes = self._catalogue.picture_notes({place for place in places if place is not None})
        found = [
            self._fetchers.submit(self._find, row, place, notes.get(place or b""))
            if isinstance(row, FeedRow) and row.picture and is_address(row.picture)
            else self._readers.submit(self._find, row, place, notes.get(place or b""))
            for row, place in zip(rows, places, strict=True)
        ]
        pictures = [future.result() for future in found]
        contents = {picture.picture.digest for picture in pictures if isinstance(picture, _Found)}
        known = self._catalogue.known_contents(contents, self._network.model.version)
        ready = [self._readers.submit(self._ready, picture, known) for picture in pictures]
        return [
            _prepared(row, picture, future.result()) for row, picture, future in zip(rows, pictures, ready, strict=True)
        ]

    def _find(self, row: FeedRow | BadRow, place: bytes | None, note: PictureNote | None) -> "_Found | RowFault":
        try:
            if isinstance(row, BadRow):
                return RowFault(row.code, f"the row {row.detail}")
            if row.picture is None or place is None:
                raise RowFault("missing_image", "the row names no picture; give its URL, or its path")
            found = self._finder.find(row.picture, place, note)
            return self._decoded_early(found)
        except RowFault as fault:
            return fault

    def _decoded_early(self, picture: FoundPicture) -> "_Found | RowFault":
        """A large picture is decoded and stored at once, so that it need not be kept."""
        if picture.data is None or len(picture.data) <= _KEPT_BYTES:
            return _Found(picture)
        known = self._catalogue.known_contents([picture.digest], self._network.model.version)
        ready = self._ready(_Found(picture), known)
        if isinstance(ready, RowFault):
            return ready
        return _Found(FoundPicture(picture.digest, None, picture.note), ready)

    def _ready(self, found: "_Found | RowFault", known: set[bytes]) -> ReadyPicture | RowFault:
        if isinstance(found, RowFault):
            return found
        if found.ready is not None:
            return found.ready
        image, data = stored_name(found.picture.digest), found.picture.data
        fitted = None
        try:
            if found.picture.digest not in known:
                engine = self._network.engine()
                source = data or item_picture(self._store, None, image)
                fitted = engine.preprocess(
                    decode(source, box=None, target=engine.input_size, as_srgb=engine.as_srgb).pixels
                )
        except PictureRejected as rejection:
            return RowFault(rejection.code, rejection.detail)
        if data is not None:
            # After it was decoded: what cannot be is not kept.
            self._store.put(data)
        return ReadyPicture(image, None, found.picture.digest, fitted)


def _prepared(row: FeedRow | BadRow, found: "_Found | RowFault", ready: ReadyPicture | RowFault) -> PreparedRow:
    if isinstance(ready, RowFault):
        return PreparedRow(row, fault=ready)
    return PreparedRow(row, ready, note=found.picture.note if isinstance(found, _Found) else None)


@dataclass(frozen=True, slots=True)
class _Found:
    """A row's picture; `ready` if it was prepared already."""

    picture: FoundPicture
    ready: ReadyPicture | None = None

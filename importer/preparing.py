"""Prepares rows of a feed for the network and the database, on several threads, ahead of both."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

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

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")

# Fetching waits for others, decoding needs cores.
_FETCHERS = 8
# Rows that a thread takes at once.
_AT_ONCE = 16
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
        # A name that is being resolved cannot be given up, so a process that ends does not wait for it.
        wait = not self._finder.stopping()
        self._fetchers.shutdown(wait, cancel_futures=True)
        self._readers.shutdown(wait, cancel_futures=True)

    def prepare(self, rows: Sequence[FeedRow | BadRow]) -> list[PreparedRow]:
        """Prepare some rows; called from several threads at once.

        Raises:
            DatabaseUnavailableError, StoreUnavailableError: one of the two is away.
            ModelError: the network is needed, and cannot be loaded.
        """
        places = [self._finder.place(row) if isinstance(row, FeedRow) else None for row in rows]
        notes = self._catalogue.picture_notes({place for place in places if place is not None})
        asked = [
            _Asked(row, place, None if place is None else notes.get(place))
            for row, place in zip(rows, places, strict=True)
        ]
        found = self._found(asked)
        digests = {each.picture.digest for each in found if isinstance(each, _Found)}
        known = self._catalogue.known_contents(digests, self._network.model.version)
        ready = self._in_threads(lambda each: self._ready(each, known), found)
        return [_prepared(row, each, made) for row, each, made in zip(rows, found, ready, strict=True)]

    def _found(self, asked: "Sequence[_Asked]") -> "list[_Found | RowFault]":
        """The pictures of some rows; those of URLs are fetched beside the others."""
        fetched = {
            place: self._fetchers.submit(self._find, each) for place, each in enumerate(asked) if each.is_fetched
        }
        read = iter(self._in_threads(self._find, [each for each in asked if not each.is_fetched]))
        return [fetched[place].result() if place in fetched else next(read) for place in range(len(asked))]

    def _in_threads(self, work: "Callable[[_Given], _Made]", given: "Sequence[_Given]") -> "list[_Made]":
        """Do something with each, several at once; in parts, because most take less time than to hand them over."""
        parts = [given[start : start + _AT_ONCE] for start in range(0, len(given), _AT_ONCE)]
        made = self._readers.map(lambda part: [work(each) for each in part], parts)
        return [each for part in made for each in part]

    def _find(self, asked: "_Asked") -> "_Found | RowFault":
        row = asked.row
        try:
            if isinstance(row, BadRow):
                return RowFault(row.code, f"the row {row.detail}")
            if row.picture is None or asked.place is None:
                raise RowFault("missing_image", "the row names no picture; give its URL, or its path")
            found = self._finder.find(row.picture, asked.place, asked.note)
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
class _Asked:
    """A row, and what is known of its picture."""

    row: FeedRow | BadRow
    place: bytes | None
    note: PictureNote | None

    @property
    def is_fetched(self) -> bool:
        """Whether its picture is named by a URL."""
        return isinstance(self.row, FeedRow) and self.row.picture is not None and is_address(self.row.picture)


@dataclass(frozen=True, slots=True)
class _Found:
    """A row's picture; `ready` if it was prepared already."""

    picture: FoundPicture
    ready: ReadyPicture | None = None

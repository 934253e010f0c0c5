"""Thumbnails of catalogue pictures: from the folder of those that are kept, or made once for all who ask."""

import asyncio
import hashlib
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import anyio
import anyio.to_thread
from fastapi import Request
from starlette.requests import ClientDisconnect

from api.http.disconnects import unless_disconnected
from api.http.problems import ServiceProblem
from api.items.pictures import CataloguePictures, StoredPicture
from api.items.thumbnail_metrics import Result, ThumbnailMetrics
from api.paced_log import PacedLog
from contracts.errors import PictureRejected
from index.query import ItemRecord
from index.search_threads import search_threads
from pictures.decoding_budget import DecodingBudget
from pictures.formats import recognised
from pictures.header import inspect
from pictures.thumbnail import ThumbnailFormat, thumbnail, thumbnail_memory
from storage.bounded_folder import BoundedFolder

# Changes when other bytes are made of the same picture.
_MAKING: Final = b"1"
# More would only take memory: the cores are busy then.
_MOST_THREADS: Final = 4
# Pictures of a slow store that are waited for at a time, beside those of files.
_FROM_STORE: Final = 8
# So that those who ask for damaged pictures again and again do not have them decoded each time.
_REMEMBERED_REFUSALS: Final = 1_000

_log = logging.getLogger("lookalike.api")


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A thumbnail as it is sent.

    Attributes:
        data: its file.
        media_type: recognised by its first bytes.
        etag: strong, with its quotes; a hash of its bytes.
    """

    data: bytes
    media_type: str
    etag: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is asked for."""

    item: ItemRecord
    pictures: CataloguePictures
    width: int
    made_as: ThumbnailFormat

    @property
    def variant(self) -> tuple[int, str]:
        return self.width, self.made_as.name

    def name(self, identity: bytes) -> str:
        """Of its file: a hash of everything that its bytes depend on."""
        parts = (_MAKING, identity, b"%d" % self.width, self.made_as.name.encode())
        return hashlib.blake2b(b"\0\0".join(parts), digest_size=32).hexdigest()


@dataclass(eq=False, slots=True)
class _Flight:
    """A thumbnail that is being made.

    Attributes:
        variant: width and format.
        waiting: requests that wait for it.
        decoding: whether a thread works on it; what only waits is dropped at once when nobody waits for it any more.
        abandoned: nobody waits for it any more.
    """

    variant: tuple[int, str]
    task: "asyncio.Task[Thumbnail]" = field(init=False)
    waiting: int = 0
    decoding: bool = False
    abandoned: threading.Event = field(default_factory=threading.Event)


def thumbnail_threads() -> int:
    """The number of threads that make thumbnails: one core is left for the event loop."""
    return min(_MOST_THREADS, search_threads())


class Thumbnails:
    """Finds thumbnails, and makes those that are not there.

    - A picture is decoded by one thread at a time, and once for all requests that want the same thumbnail of it.
    - All that is decoded at a time fits in a budget of memory; a picture that alone takes more is decoded alone.
    - Nothing of this is done by the event loop.

    Args:
        folder: of the thumbnails that are kept; None: none are.
        memory_bytes: the budget.
        threads: that decode.
        metrics: counts.
    """

    def __init__(
        self, folder: BoundedFolder | None, *, memory_bytes: int, threads: int, metrics: ThumbnailMetrics
    ) -> None:
        self._folder = folder
        self._metrics = metrics
        self._budget = DecodingBudget(memory=memory_bytes, threads=threads, max_large=threads)
        self._turns = anyio.CapacityLimiter(threads)
        self._threads = anyio.CapacityLimiter(threads)
        # Whoever has a place has a picture's bytes in memory. A store that does not answer takes no place of a file.
        self._places_of_files = anyio.CapacityLimiter(threads + 2)
        self._places_of_store = anyio.CapacityLimiter(_FROM_STORE)
        self._flights: dict[bytes, _Flight] = {}
        self._refusals: OrderedDict[bytes, ServiceProblem] = OrderedDict()
        self._unkept = PacedLog(_log)
        metrics.watch(lambda: len(self._flights), lambda: self._budget.memory_taken)

    async def of(
        self, request: Request, pictures: CataloguePictures, item: ItemRecord, width: int, made_as: ThumbnailFormat
    ) -> Thumbnail:
        """The thumbnail of an item's picture.

        Args:
            request: if its client disconnects, and no other waits, nothing more is done.
            pictures: of the index.
            item: whose picture it is.
            width: one of `pictures.thumbnail.WIDTHS`.
            made_as: the format.

        Raises:
            ServiceProblem: `not_found` or `catalogue_unavailable`, as `CataloguePictures.fetch`; `image_unreadable` or
                `image_too_small`: the picture is not what the index was built from.
            ClientDisconnect: the client disconnected first.
        """
        wanted = _Wanted(item, pictures, width, made_as)
        try:
            identity, kept = await pictures.run(item, partial(self._look, wanted), only_identity=True)
            if kept is not None:
                self._metrics.observe("kept")
                return kept
            made, result = await unless_disconnected(request, self._share(wanted, identity))
        except ServiceProblem:
            self._metrics.observe("refused")
            raise
        except ClientDisconnect:
            self._metrics.observe("abandoned")
            raise
        self._metrics.observe(result)
        return made

    def _look(self, wanted: _Wanted) -> tuple[bytes, Thumbnail | None]:
        identity = wanted.pictures.identity(wanted.item)
        data = None if self._folder is None else self._folder.get(wanted.name(identity))
        return identity, None if data is None else _ready(data)

    async def _share(self, wanted: _Wanted, identity: bytes) -> tuple[Thumbnail, Result]:
        """Wait for a flight with the thumbnail, and begin it if there is none."""
        result: Result = "shared"
        while True:
            refusal = self._refusals.get(identity)
            if refusal is not None:
                raise refusal
            flight = self._flights.get(identity)
            if flight is None:
                flight, result = self._begin(wanted, identity), "made"
                break
            if flight.variant == wanted.variant and not flight.abandoned.is_set():
                break
            await asyncio.wait((flight.task,))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task), result
        finally:
            flight.waiting -= 1
            if flight.waiting == 0 and not flight.task.done():
                flight.abandoned.set()
                if not flight.decoding:
                    flight.task.cancel()

    def _begin(self, wanted: _Wanted, identity: bytes) -> _Flight:
        flight = _Flight(wanted.variant)
        flight.task = asyncio.create_task(self._fly(flight, wanted, identity))
        self._flights[identity] = flight

        def landed(task: "asyncio.Task[Thumbnail]") -> None:
            del self._flights[identity]
            if not task.cancelled():
                # If nobody waits any more, nobody else asks for it, and it would be logged as never retrieved.
                task.exception()

        flight.task.add_done_callback(landed)
        return flight

    async def _fly(self, flight: _Flight, wanted: _Wanted, identity: bytes) -> Thumbnail:
        places = self._places_of_store if wanted.pictures.is_remote(wanted.item) else self._places_of_files
        async with places:
            fetch = partial(wanted.pictures.fetch, wanted.item, known_tags=())
            picture = await wanted.pictures.run(wanted.item, fetch)
            # Taken apart from the thread, because only what waits for its turn can be cancelled.
            async with self._turns:
                flight.decoding = True
                make = partial(self._make, flight, wanted, picture)
                try:
                    return await anyio.to_thread.run_sync(make, limiter=self._threads)
                except PictureRejected as error:
                    raise self._refuse(wanted.item, identity, error) from error

    def _make(self, flight: _Flight, wanted: _Wanted, picture: StoredPicture) -> Thumbnail:
        """Make a thumbnail and keep it; in a thread."""
        data = picture.data or b""
        is_abandoned = flight.abandoned.is_set
        begun = time.perf_counter()
        header = inspect(data)
        memory = thumbnail_memory(header, wanted.width)
        with self._budget.turn(memory, is_wanted=lambda: not is_abandoned()):
            made = thumbnail(data, header, width=wanted.width, made_as=wanted.made_as, is_abandoned=is_abandoned)
        self._metrics.observe_making(time.perf_counter() - begun)
        if picture.identity is not None:
            self._keep(wanted.name(picture.identity), made)
        return _ready(made)

    def _keep(self, name: str, made: bytes) -> None:
        if self._folder is None:
            return
        try:
            self._metrics.observe_keeping(self._folder.put(name, made))
        except OSError as error:
            self._metrics.observe_unkept()
            self._unkept.warning(
                f"thumbnails cannot be kept in {self._folder.root} ({error.strerror or error}), so each is made again "
                "for every request; free disk space, grant access, or set LOOKALIKE_THUMBNAILS to another folder"
            )

    def _refuse(self, item: ItemRecord, identity: bytes, error: PictureRejected) -> ServiceProblem:
        code = error.code if error.code in {"image_unreadable", "image_too_small"} else "not_found"
        problem = ServiceProblem(
            code,
            f"no thumbnail can be made of the picture of item {item.id!r:.120}; its file was changed or damaged after "
            f"the index was built: {error.detail}",
        )
        if not isinstance(error.__cause__, MemoryError):
            self._refusals[identity] = problem
        while len(self._refusals) > _REMEMBERED_REFUSALS:
            self._refusals.popitem(last=False)
        return problem


def _ready(data: bytes) -> Thumbnail:
    found = recognised(data)
    if found is None:
        raise ValueError("a thumbnail is of no known format")
    digest = hashlib.blake2b(data, digest_size=12).hexdigest()
    return Thumbnail(data, found.media_type, f'"{digest}"')

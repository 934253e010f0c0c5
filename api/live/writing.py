"""Writes one change: into the database, then into the index of this process."""

import asyncio
import hashlib
import time
from dataclasses import dataclass
from typing import Literal

from api.http.problems import ServiceProblem
from api.items.open_index import OpenIndex
from api.items.served_index import ServedIndex
from api.live.database_threads import DatabaseThreads
from api.live.following import Following
from api.live.preconditions import Preconditions
from api.live.refusals import as_problems
from api.metrics import Metrics
from catalogue.items import Change, Delete, Patch, Put, Written
from catalogue.live_catalogue import LiveCatalogue
from contracts.stored_picture import stored_name
from storage.picture_store import PictureStore


@dataclass(frozen=True, slots=True)
class Shown:
    """A change that is durable and visible.

    Attributes:
        written: what the database did.
        index: it shows the change.
    """

    written: Written
    index: OpenIndex


class Writing:
    """Writes the changes that requests ask for.

    A change is in the database when `write` returns, and in the index that this process serves.

    Args:
        catalogue: the database.
        following: applies what the database has to the served index.
        served: the index.
        store: of pictures.
        metrics: of the process.
        max_changes: changed items that may wait for the next index.
    """

    def __init__(
        self,
        catalogue: LiveCatalogue,
        following: Following,
        served: ServedIndex,
        store: PictureStore,
        metrics: Metrics,
        *,
        max_changes: int,
    ) -> None:
        self._catalogue = catalogue
        self._following = following
        self._served = served
        self._store = store
        self._metrics = metrics
        self._max_changes = max_changes
        self._threads = DatabaseThreads()
        self._under_way: set[asyncio.Task[Shown]] = set()

    async def stop(self) -> None:
        """Wait until what has begun is written."""
        if self._under_way:
            await asyncio.wait(self._under_way)

    def check_room(self) -> None:
        """Refuse a change that cannot be made now, before any work is done for it.

        Raises:
            ServiceProblem: `index_unavailable`, `catalogue_unavailable` or `too_many_changes`.
        """
        self._following.check_writable()
        waiting = self._served.index().live.changes
        if waiting >= self._max_changes:
            raise ServiceProblem(
                "too_many_changes",
                f"{waiting:,} changed items wait for the next index already, and LOOKALIKE_MAX_CHANGES is "
                f"{self._max_changes:,}; the importer (`lookalike serve --only importer`) builds it, then try again; "
                "send many changes as one POST /imports",
            )

    async def check_precondition(self, item_id: str, preconditions: Preconditions) -> None:
        """Refuse a change early whose condition does not hold now; `write` decides.

        Raises:
            ServiceProblem: `precondition_failed` or `catalogue_unavailable`.
        """
        if preconditions == Preconditions():
            return
        with as_problems():
            await self._threads.run(lambda: preconditions.check(self._catalogue, item_id))

    async def knows(self, content: bytes, model: str) -> bool:
        """Whether the database has the embedding of a content by a network.

        Raises:
            ServiceProblem: `catalogue_unavailable`.
        """
        with as_problems():
            return content in await self._threads.run(lambda: self._catalogue.known_contents([content], model))

    async def keep_picture(self, picture: bytes) -> str:
        """Store a picture; returns its name. The same picture is stored once.

        Raises:
            ServiceProblem: `catalogue_unavailable`.
        """
        with as_problems():
            return stored_name(await self._threads.run(lambda: self._store.put(picture)))

    async def write(self, change: Change, preconditions: Preconditions) -> Shown:
        """Write a change and serve it.

        Raises:
            ServiceProblem: `unknown_item`, `precondition_failed`, `catalogue_unavailable` or `invalid_parameter`.
        """
        begun = time.perf_counter()
        # Whoever hangs up has sent the change all the same: it is written or not, and served if it is.
        task = asyncio.create_task(self._write(change, preconditions))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        shown = await asyncio.shield(task)
        self._metrics.observe_write(_kind(change), time.perf_counter() - begun)
        return shown

    async def _write(self, change: Change, preconditions: Preconditions) -> Shown:
        with as_problems():
            written = await self._threads.run(
                lambda: self._catalogue.write(change, expected=preconditions.expected(self._catalogue, change.id))
            )
        with as_problems(
            f"the change is stored as version {written.item.version}, and this process cannot show it yet"
        ):
            return Shown(written, await self._following.reach(written.sequence))


def content_of(picture: bytes) -> bytes:
    """What an embedding is made from, in 32 bytes: of a whole picture, as `extract` computes it."""
    return hashlib.sha256(picture).digest()


def _kind(change: Change) -> Literal["put", "patch", "delete"]:
    match change:
        case Put():
            return "put"
        case Patch():
            return "patch"
        case Delete():
            return "delete"

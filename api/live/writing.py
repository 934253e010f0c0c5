"""Writes one change: into the database, then into the index of this process."""

import hashlib
import time
from typing import Literal

from api.http.problems import ServiceProblem
from api.items.served_index import ServedIndex
from api.live.database_threads import DatabaseThreads
from api.live.following import Following
from api.live.refusals import as_problems
from api.live.turns import Shown, WriteTurns
from api.metrics import Metrics
from catalogue.items import ANYTHING, Change, Delete, Expected, Patch, Put, Wanted
from catalogue.live_catalogue import LiveCatalogue
from contracts.stored_picture import stored_name
from storage.picture_store import PictureStore


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
        self._turns = WriteTurns(following)

    async def stop(self) -> None:
        """Wait until what has come is written."""
        await self._turns.stop()

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

    async def check_expected(self, item_id: str, expected: Expected) -> None:
        """Refuse a change early where the item is not what is expected now; `write` decides.

        Raises:
            ServiceProblem: `precondition_failed` or `catalogue_unavailable`.
        """
        if expected == ANYTHING:
            return
        with as_problems():
            await self._threads.run(lambda: self._catalogue.check(item_id, expected))

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

    async def write(self, change: Change, expected: Expected) -> Shown:
        """Write a change and serve it.

        Raises:
            ServiceProblem: `unknown_item`, `precondition_failed`, `catalogue_unavailable` or `invalid_parameter`.
        """
        begun = time.perf_counter()
        with as_problems():
            shown = await self._turns.write(Wanted(change, expected))
        self._metrics.observe_write(_kind(change), time.perf_counter() - begun)
        return shown


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

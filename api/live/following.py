"""Keeps the index that a process serves up to date with the database of the live catalogue."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final, TypeVar

import anyio

from api.background import BackgroundTask
from api.http.problems import ServiceProblem
from api.items.index_watch import NotReadyError
from api.items.open_index import OpenIndex
from api.items.served_index import ServedIndex
from api.live.bringing_up import BroughtUp, Lacking, bring_up, first_unknown, not_of_this, place_of, with_changes
from api.live.restored_database import RestoredDatabase
from api.live.silent_database import known_when_silent
from api.metrics import Metrics
from catalogue.items import Wanted, Written
from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import (
    DatabaseError,
    DatabaseUnavailableError,
    EngineError,
    LookalikeError,
    SearchUnavailableError,
)

_log = logging.getLogger("lookalike.api")

POLL_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 2.0
# Rows without an embedding of the served network wait for one; asking again reads all rows since then.
_LACKING_PAUSE_S: Final = 1.0
# A process that starts answers when it shows what the database has, unless that takes longer.
_START_S: Final = 10.0
# One follows, others take a bundle over or apply what they wrote.
_THREADS: Final = 4

_Result = TypeVar("_Result")


class Following:
    """Applies what changes in the database to the served index.

    Whoever replaces the index holds one lock from reading `served.opened` to replacing it: the task that polls, a write
    that must be visible before it is answered, and the watch that brings another bundle. So each step starts from the
    result of the one before: no change is left out, and none is applied to an index that is no longer served. What
    blocks runs in threads; the event loop only waits.

    Args:
        catalogue: the database.
        served: holds the index.
        metrics: of the process.
        interval_s: between two looks at the database, seconds.
    """

    def __init__(
        self, catalogue: LiveCatalogue, served: ServedIndex, metrics: Metrics, *, interval_s: float = POLL_S
    ) -> None:
        self._catalogue = catalogue
        self._served = served
        self._metrics = metrics
        self._interval_s = interval_s
        self._pause_s = interval_s
        self._lock = asyncio.Lock()
        self._threads = anyio.CapacityLimiter(_THREADS)
        self._away: str | None = None
        self._lacking: Lacking | None = None
        self._lacking_again_at = 0.0
        self._restored = RestoredDatabase()
        self._changed_at: datetime | None = None
        self._looked = asyncio.Event()
        self._task = BackgroundTask("catalogue", self._run, metrics)

    @property
    def problem(self) -> str | None:
        """Why what is served may not be what the database has, or None; what is served goes on being served."""
        if self._away is not None:
            return self._away
        if self._task.problem is not None:
            return self._task.problem
        opened = self._served.opened
        if opened is not None and opened.base is None:
            return not_of_this(opened)
        return None if self._lacking is None else str(self._lacking)

    @property
    def changed_at(self) -> datetime | None:
        """When this process last began to serve a change, UTC; None: it has not yet, since it started."""
        return self._changed_at

    def check_writable(self) -> None:
        """Refuse a write that cannot succeed now; nothing is asked of the database.

        Raises:
            ServiceProblem: `index_unavailable` or `catalogue_unavailable`.
        """
        opened = self._served.index()
        self.check_database()
        if opened.base is None:
            raise ServiceProblem("catalogue_unavailable", not_of_this(opened), 30)

    def check_database(self) -> None:
        """Refuse what needs the database while it is known to be away.

        Raises:
            ServiceProblem: `catalogue_unavailable`.
        """
        if self._away is not None:
            raise ServiceProblem("catalogue_unavailable", self._away)

    async def start(self) -> None:
        """Begin to follow, and wait until the served index is up to date, unless the database does not answer soon."""
        self._task.start()
        try:
            async with asyncio.timeout(_START_S):
                await self._looked.wait()
        except TimeoutError:
            _log.warning("the database does not answer yet; the index is served without the changes since it was built")

    async def stop(self) -> None:
        """Stop following."""
        await self._task.stop()

    async def write(self, wanted: Sequence[Wanted]) -> tuple[Sequence[Written | LookalikeError], OpenIndex]:
        """Write some changes, and serve them.

        Returns:
            What became of each, and an index that shows those that were made.

        Raises:
            ServiceProblem: `index_unavailable`, or `catalogue_unavailable`: the index is not of this catalogue.
            DatabaseUnavailableError, DatabaseError: nothing was changed.
        """
        async with self._lock:
            opened = self._served.index()
            if opened.base is None:
                raise ServiceProblem("catalogue_unavailable", not_of_this(opened), 30)
            outcomes, result = await self._in_thread(lambda: self._written(wanted, opened))
            self._replace(result.opened, result.lacking)
        return outcomes, result.opened

    def _written(
        self, wanted: Sequence[Wanted], opened: OpenIndex
    ) -> tuple[Sequence[Written | LookalikeError], BroughtUp]:
        """Write and apply in one go, because each change of threads waits for its turn with the searches."""
        after = first_unknown(opened, self._lacking)
        together = self._catalogue.write_together(wanted, after=after, model=opened.model_version)
        try:
            return together.outcomes, with_changes(opened, together.changes, self._lacking)
        except (EngineError, SearchUnavailableError) as error:
            # They are stored, and the next look at the database shows them; until then nobody may rely on that.
            outcomes = [error if isinstance(outcome, Written) else outcome for outcome in together.outcomes]
            return outcomes, BroughtUp(opened, self._lacking)

    async def take_over(self, opened: OpenIndex) -> None:
        """Serve another bundle, with all changes since.

        Raises:
            NotReadyError: these changes cannot be read at the moment, or some of them have no embedding yet.
        """
        try:
            base = await self._in_thread(lambda: place_of(self._catalogue, opened))
        except (DatabaseUnavailableError, DatabaseError) as error:
            if self._served.opened is not None and self._served.opened.base is not None:
                raise NotReadyError(
                    f"whether index {opened.version} is of the live catalogue is not known: {error}"
                ) from error
            # Nothing is lost, for no changes are shown so far. They come when the database does.
            base = None
        if base is None:
            async with self._lock:
                self._replace(opened, None)
            return
        placed = opened.placed(base)
        async with self._lock:
            if await self._take_over_from_memory(placed, base):
                return
        try:
            # Most of it while others may write, the rest while nobody else replaces the index.
            most = await self._brought_up(placed)
            async with self._lock:
                result = await self._brought_up(most.opened)
                self._replace(result.opened, result.lacking or most.lacking)
                self._restored.mended()
        except (DatabaseUnavailableError, DatabaseError) as error:
            raise NotReadyError(f"index {opened.version} waits for the changes since it was built: {error}") from error

    async def _take_over_from_memory(self, placed: OpenIndex, base: int) -> bool:
        """Serve a bundle with the changes that the served index has in memory, if it has all of them."""
        before = self._served.opened
        if (
            before is None
            or self._restored.seen
            or before.base is None
            or before.sequence is None
            or before.base > base
            or before.model_version != placed.model_version
        ):
            return False
        if before.sequence > base:
            changes = before.live.changes_after(base)
            sequence = before.sequence
            placed = await self._in_thread(lambda: placed.changed(changes, sequence))
        self._replace(placed, self._lacking)
        return True

    async def _brought_up(self, placed: OpenIndex) -> BroughtUp:
        """A bundle with the changes that the database has.

        Raises:
            NotReadyError: some of them have no embedding by its network.
        """
        result = await self._in_thread(lambda: bring_up(self._catalogue, placed, None))
        if result.lacking is not None and self._served.opened is not None:
            raise NotReadyError(f"index {placed.version} waits: {result.lacking}")
        return result

    async def _run(self) -> None:
        while True:
            await self._look()
            self._looked.set()
            await asyncio.sleep(self._pause_s)

    async def _look(self) -> None:
        try:
            shown = None if self._served.opened is None else self._served.opened.sequence
            with known_when_silent(self._catalogue.shown, self._went_away):
                sequence = await self._in_thread(self._catalogue.sequence)
            self._restored.look(shown, sequence)
            if self._is_worth_reading(sequence):
                async with self._lock:
                    await self._catch_up()
        except (DatabaseUnavailableError, DatabaseError, EngineError, SearchUnavailableError) as error:
            # Without the engine that holds the items, changes cannot be applied to them.
            self._went_away(error)
        else:
            self._came_back()

    def _is_worth_reading(self, sequence: int) -> bool:
        opened = self._served.opened
        if opened is None:
            return False
        if opened.base is None or sequence != opened.sequence or self._restored.seen:
            return True
        return self._lacking is not None and time.monotonic() >= self._lacking_again_at

    async def _catch_up(self) -> None:
        """Apply what is new in the database; the caller holds the lock."""
        opened = self._served.opened
        if opened is None:
            return
        if opened.base is None:
            unplaced = opened
            base = await self._in_thread(lambda: place_of(self._catalogue, unplaced))
            if base is None:
                return
            opened = opened.placed(base)
        elif self._restored.seen:
            self._restored.check(opened.version, opened.base)
            opened = await self._in_thread(opened.without_changes)
        placed = opened
        result = await self._in_thread(lambda: bring_up(self._catalogue, placed, self._lacking))
        self._replace(result.opened, result.lacking)
        self._restored.mended()

    def _replace(self, opened: OpenIndex, lacking: Lacking | None) -> None:
        if lacking is not None and (self._lacking is None or lacking.ids != self._lacking.ids):
            _log.warning("%s", lacking)
        self._lacking = lacking
        self._lacking_again_at = time.monotonic() + _LACKING_PAUSE_S
        if opened is self._served.opened:
            return
        before = self._served.opened
        self._served.replace(opened)
        # Neither a process that starts nor another bundle brings a change.
        if before is not None and before.sequence is not None and (opened.sequence or 0) > before.sequence:
            self._changed_at = datetime.now(UTC)
        if opened.sequence is not None:
            self._metrics.describe_catalogue(
                sequence=opened.sequence, waiting=opened.live.changes, items=opened.items, changed=before is not None
            )

    def _went_away(self, error: Exception) -> None:
        if self._away is None:
            _log.warning("%s; the items are served as they were", error)
        self._away = str(error)
        self._metrics.observe_catalogue_failure()
        longest_s = max(_LONGEST_PAUSE_S, self._interval_s)
        # Not all processes at the same time, when the database has just come back.
        self._pause_s = min(2 * self._pause_s, longest_s) * random.uniform(0.75, 1.0)  # noqa: S311

    def _came_back(self) -> None:
        if self._away is not None:
            _log.info("the database of the live catalogue answers again")
        self._away = None
        self._pause_s = self._interval_s

    async def _in_thread(self, work: Callable[[], _Result]) -> _Result:
        return await anyio.to_thread.run_sync(work, limiter=self._threads)

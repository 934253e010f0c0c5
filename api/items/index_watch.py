"""Switches to a bundle that is promoted while the process serves another."""

import asyncio
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.background import BackgroundTask
from api.embedding.embedder import Embedder
from api.embedding.embedders import Embedders
from api.items.open_index import OpenIndex, open_index
from api.items.served_index import ServedIndex
from api.metrics import Metrics
from api.settings import ApiSettings
from contracts.errors import BundleError, EngineError, SearchUnavailableError
from engines.engine import Engine
from engines.held_version import open_served
from index.current_version import current_version
from storage.picture_store import PictureStore

_log = logging.getLogger("lookalike.api")

# While a bundle is opened, threads switch after this time instead of Python's default of 5 ms.
_TURN_S = 0.0005
# How soon a bundle that cannot be served yet is tried again, in intervals between two checks of CURRENT.
_LONGEST_PAUSE: Final = 15


class NotReadyError(BundleError):
    """A bundle that cannot be served yet, for a reason that passes by itself; the index before it stays."""


@dataclass(frozen=True, slots=True)
class Promotions:
    """Where a process looks for a newer bundle.

    Attributes:
        bundles: folder of bundles, whose CURRENT is replaced atomically.
        make_embedder: creates an embedder of a model version, not started.
        engine: the search engine that holds the items; None: they are opened from the bundles.
        interval_s: between two checks, seconds.
    """

    bundles: Path
    make_embedder: Callable[[str], Embedder]
    engine: Engine | None = None
    interval_s: float = 1.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A version that cannot be served yet.

    Attributes:
        version: of its bundle.
        opened: None if it cannot even be opened, because the search engine does not answer or does not have it yet.
        pause_s: how long it waits from one try to the next, seconds.
        again_at: when it is tried again.
    """

    version: str
    opened: OpenIndex | None
    pause_s: float
    again_at: float


@dataclass(frozen=True, slots=True)
class Seen:
    """The state of the folder at a check.

    Attributes:
        version: the version that CURRENT names; None if it names none.
        problem: why it names none.
        files: name, size, time and inode of each file of the version; empty for the version that is served.
    """

    version: str | None
    problem: str | None = None
    files: tuple[tuple[str, int, int, int], ...] = ()


class IndexWatch:
    """Checks CURRENT about every second, and serves the bundle that it names.

    A bundle is opened, verified and tried in a thread. Then one reference is replaced; requests that
    have begun finish with the index they took. A replaced index is released with the last request or
    job that uses it, and then its model's embedder is stopped. While CURRENT names nothing that can be
    served, the old index stays in use. A bundle that was refused is tried again once its files have
    changed and no longer change.

    Args:
        served: holds the index that is replaced.
        promotions: where to look for a bundle.
        settings: of the process.
        embedders: one for each model version in use.
        metrics: counts.
        store: of the pictures of changed items, or None.
        take_over: serves an index in place of the one before, or raises NotReadyError; None: `served.replace`.
    """

    def __init__(
        self,
        served: ServedIndex,
        promotions: Promotions,
        *,
        settings: ApiSettings,
        embedders: Embedders,
        metrics: Metrics,
        store: PictureStore | None = None,
        take_over: Callable[[OpenIndex], Awaitable[None]] | None = None,
    ) -> None:
        self._served = served
        self._settings = settings
        self._embedders = embedders
        self._metrics = metrics
        self._bundles = promotions.bundles
        self._engine = promotions.engine
        self._interval_s = promotions.interval_s
        self._followed = None if served.opened is None else served.opened.version
        self._seen: Seen | None = None
        self._refused: Seen | None = None
        self._refused_for = ""
        self._store = store
        self._take_over = take_over
        self._waiting: _Waiting | None = None
        self._task = BackgroundTask("index watch", self._run, metrics)

    @property
    def problem(self) -> str | None:
        """Why CURRENT is not checked at the moment, or None."""
        return self._task.problem

    def start(self) -> None:
        """Start to check CURRENT."""
        self._task.start()

    async def stop(self) -> None:
        """Stop; a bundle that is being opened is abandoned."""
        await self._task.stop()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            seen = await asyncio.to_thread(see, self._bundles, self._followed)
            try:
                await self._follow(seen)
                await self._embedders.keep_only(self._models_in_use())
            except (BundleError, EngineError, SearchUnavailableError) as error:
                self._refuse(seen, str(error))
            except Exception as error:
                # Whatever is wrong with a new bundle, the old one stays in service and the watch goes on.
                _log.exception("switching to index %s failed unexpectedly", seen.version)
                self._refuse(seen, repr(error))
            self._seen = seen

    async def _follow(self, seen: Seen) -> None:
        if seen.problem is not None or seen.version is None:
            if self._followed is not None and seen != self._refused:
                self._refuse(seen, seen.problem or "it names no version")
        elif seen.version == self._followed:
            self._waiting = None
            if self._refused is not None:
                _log.info("CURRENT again names index %s, which is already served", seen.version)
            self._accept()
        elif self._is_worth_trying(seen):
            await self._swap(await self._opened(seen.version))
            self._followed = seen.version
            self._accept()

    def _is_worth_trying(self, seen: Seen) -> bool:
        if self._waiting is not None and self._waiting.version == seen.version:
            return time.monotonic() >= self._waiting.again_at
        if self._refused is None or self._refused.version != seen.version:
            return True
        # Files that still change are being copied: each check would read them all in vain.
        return seen != self._refused and seen == self._seen

    async def _opened(self, version: str) -> OpenIndex:
        if self._waiting is not None and self._waiting.version != version:
            self._waiting = None
        if self._waiting is not None and self._waiting.opened is not None:
            return self._waiting.opened
        try:
            return await self._open(version)
        except (EngineError, SearchUnavailableError):
            self._wait(version, None)
            raise
        except BundleError:
            self._waiting = None
            raise

    async def _open(self, version: str) -> OpenIndex:
        """Open, verify and try a version, and start its embedder.

        Raises:
            BundleError: it cannot be served.
            EngineError, SearchUnavailableError: it cannot be served yet.
        """
        with _short_turns():
            base = await asyncio.to_thread(open_served, self._bundles, version, self._engine)
        embedder = await self._embedders.of(base.model.version)
        with _short_turns():
            return await asyncio.to_thread(open_index, base, self._settings, embedder, store=self._store)

    def _wait(self, version: str, opened: OpenIndex | None) -> None:
        pause_s = self._interval_s
        if self._waiting is not None:
            pause_s = min(2 * self._waiting.pause_s, _LONGEST_PAUSE * self._interval_s)
        self._waiting = _Waiting(version, opened, pause_s, time.monotonic() + pause_s)

    async def _swap(self, opened: OpenIndex) -> None:
        before = self._served.opened
        try:
            if self._take_over is None:
                self._served.replace(opened)
            else:
                await self._take_over(opened)
        except (NotReadyError, SearchUnavailableError):
            self._wait(opened.version, opened)
            raise
        self._waiting = None
        # With the changes since, where there are some.
        opened = self._served.index()
        self._metrics.describe_index(opened.version, opened.model_version, opened.items)
        self._metrics.observe_swap()
        _log.info(
            "now serving index %s, %d items, model %s; before: %s",
            opened.version,
            opened.items,
            opened.model_version,
            "none" if before is None else before.version,
        )

    def _accept(self) -> None:
        self._refused = None
        self._metrics.mark_stale(False)

    def _refuse(self, seen: Seen, why: str) -> None:
        repeated = seen == self._refused and why == self._refused_for
        self._refused, self._refused_for = seen, why
        self._metrics.mark_stale(True)
        if repeated:
            return
        served = "no index is served" if self._followed is None else f"index {self._followed} is still served"
        _log.warning("%s; %s", why, served)

    def _models_in_use(self) -> set[str]:
        waiting = None if self._waiting is None else self._waiting.opened
        return self._served.models_in_use() | (set() if waiting is None else {waiting.model_version})


def see(bundles: Path, served: str | None) -> Seen:
    """Check a folder of bundles; may block, so call it in a thread.

    Args:
        bundles: the folder.
        served: the version that is served, whose files need not be listed.
    """
    try:
        version = current_version(bundles)
    except BundleError as error:
        return Seen(None, problem=str(error))
    return Seen(version, files=() if version == served else _files(bundles / version))


def _files(folder: Path) -> tuple[tuple[str, int, int, int], ...]:
    try:
        with os.scandir(folder) as entries:
            found = [(entry.name, entry.stat()) for entry in entries]
    except OSError:
        # Opening the bundle will report the problem.
        return ()
    return tuple(sorted((name, stat.st_size, stat.st_mtime_ns, stat.st_ino) for name, stat in found))


@contextmanager
def _short_turns() -> Iterator[None]:
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual_s)

"""Keeping the search engine at what the folder of bundles serves."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contracts.progress import Progress
from engines.engine import Engine, HeldVersion
from engines.loading import load_version
from importer.stopped import Stopped
from index.versions.defaults import MIN_RECALL
from index.versions.served_order import current_or_none

logger = logging.getLogger(__name__)

# An engine that lost its data is noticed after this time.
_LOOK_S: Final = 60.0


@dataclass(slots=True)
class EngineLoading:
    """Loads versions into the search engine.

    Attributes:
        engine: the engine.
        bundles: folder of bundles.
        stopping: whether to stop soon.
    """

    engine: Engine
    bundles: Path
    stopping: Callable[[], bool]
    _seen: str | None = field(default=None, init=False)
    _look_at: float = field(default=0.0, init=False)

    def load_current(self, *, at_once: bool = False) -> bool:
        """Load the current version if the engine lacks it, as after the first build; whether that was so.

        Args:
            at_once: ask the engine even if it was asked lately.

        Raises:
            BundleError: the bundle is damaged.
            EngineError, SearchUnavailableError: the engine cannot take it, or cannot answer now.
            Stopped: the importer shall stop; the rest is loaded later.
        """
        current = current_or_none(self.bundles)
        if current is None or (not at_once and current == self._seen and time.monotonic() < self._look_at):
            return False
        lacking = not any(held.version == current and held.complete for held in self.engine.versions())
        if lacking:
            self.load(current)
        self._seen, self._look_at = current, time.monotonic() + _LOOK_S
        return lacking

    def load(self, version: str, *, like: str | None = None) -> None:
        """Load a version, or the rest of it: exact or approximate, as the newest one that is there.

        Args:
            version: its name.
            like: the version that it was compacted of.

        Raises:
            BundleError, EngineError, SearchUnavailableError, Stopped: see `load_current`.
        """
        loaded = load_version(
            self.engine,
            self.bundles,
            version,
            approximate=self._approximate(version),
            like=like,
            progress_bar=self._until_stopped,
        )
        logger.info("loaded %s, %d items, into %s in %.1f s", version, loaded.items, self.engine, loaded.seconds)
        if loaded.recall is not None and loaded.recall.recall < MIN_RECALL:
            logger.warning("%s finds only %.4f of the exact answers", version, loaded.recall.recall)

    def _approximate(self, version: str) -> bool:
        versions = self.engine.versions()
        begun = [held for held in versions if held.version == version]
        complete: list[HeldVersion] = [held for held in versions if held.complete]
        return bool((begun or complete)[-1:]) and (begun or complete)[-1].approximate

    @contextmanager
    def _until_stopped(self, _label: str, _unit: str) -> Iterator[Progress]:
        def stop_if_asked(_done: int, _total: int, _figures: str = "", /) -> None:
            if self.stopping():
                raise Stopped

        yield stop_if_asked

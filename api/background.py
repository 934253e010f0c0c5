"""Background work of a process that answers requests: none of it ends without being noticed."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

from api.metrics import Metrics

_log = logging.getLogger("lookalike.api")

_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0
# Work that has run for this long since it was started again counts as well.
_PROVEN_S: Final = 1.0


class BackgroundTask:
    """Work that never ends by itself: whenever it fails, it is logged, counted and started again after a pause.

    Start it once, and stop it on the same event loop.

    Args:
        name: for messages and metrics.
        work: makes the coroutine that does the work; called again after each failure.
        metrics: counts the failures.
    """

    def __init__(self, name: str, work: Callable[[], Coroutine[Any, Any, None]], metrics: Metrics) -> None:
        self._name = name
        self._work = work
        self._metrics = metrics
        self._task: asyncio.Task[None] | None = None
        self._failure = ""
        self._well_from = -math.inf

    @property
    def problem(self) -> str | None:
        """A sentence while the work is down, or was until a moment ago; else None."""
        if time.monotonic() >= self._well_from:
            return None
        return f"the background task {self._name!r} failed ({self._failure}) and is being restarted; see the log"

    def start(self) -> None:
        """Start the work."""
        self._metrics.know_background_task(self._name)
        self._task = asyncio.create_task(self._supervise(), name=self._name)

    async def stop(self) -> None:
        """Cancel the work and wait until it has ended; does nothing if it was not started."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _supervise(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            begun = time.monotonic()
            try:
                await self._work()
                _log.error("the background task %r ended, which it should not; it is started again", self._name)
                self._failure = "ended"
            except asyncio.CancelledError:
                if _is_being_cancelled():
                    raise
                _log.error("the background task %r was cancelled by its own work; it is started again", self._name)
                self._failure = "CancelledError"
            except Exception as error:  # the edge of the process: nobody awaits this task
                _log.exception("the background task %r failed; it is started again", self._name)
                self._failure = type(error).__name__
            self._metrics.observe_background_failure(self._name)
            if time.monotonic() - begun > _LONGEST_PAUSE_S:
                pause_s = _FIRST_PAUSE_S
            self._well_from = time.monotonic() + pause_s + _PROVEN_S
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


class Errands:
    """Short pieces of work that nobody awaits; one that fails is logged and counted.

    Args:
        name: for messages and metrics.
        metrics: counts the failures.

    Attributes:
        have_ended: `stop` was called.
    """

    def __init__(self, name: str, metrics: Metrics) -> None:
        self._name = name
        self._metrics = metrics
        self._tasks: set[asyncio.Task[None]] = set()
        self.have_ended = False
        metrics.know_background_task(name)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Start one."""
        task = asyncio.create_task(self._observed(work), name=self._name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Cancel all that have not ended, and wait for their end; no more may be started."""
        self.have_ended = True
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _observed(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # the edge of the process: nobody awaits this task
            _log.exception("background work of %r failed", self._name)
            self._metrics.observe_background_failure(self._name)


def _is_being_cancelled() -> bool:
    """Whether the running task was asked to end; its work may raise CancelledError for reasons of its own."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0

"""Work that goes on beside the requests."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


class BackgroundTask:
    """A task that runs until it is stopped; started once, on the event loop it is stopped on."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        """Begin the work."""
        self._task = asyncio.create_task(work, name=name)

    async def stop(self) -> None:
        """End it wherever it is, and wait until it has ended; without effect where it was not started."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

"""Background work of a process that answers requests."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


class BackgroundTask:
    """A task that runs until it is stopped; start it once, and stop it on the same event loop."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Coroutine[Any, Any, None], *, name: str) -> None:
        """Start the work."""
        self._task = asyncio.create_task(work, name=name)

    async def stop(self) -> None:
        """Cancel the work and wait until it has ended; does nothing if it was not started."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

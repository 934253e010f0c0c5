"""Threads in which requests wait for the database."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

import anyio

from contracts.errors import DatabaseUnavailableError

# SQLite writes one change after the other, and a connection to PostgreSQL costs memory there.
_THREADS: Final = 4
_PATIENCE_S: Final = 10.0

_Result = TypeVar("_Result")


class DatabaseThreads:
    """A few threads. Who waits for one for too long is told so: a database that stands still must not collect requests.

    Args:
        patience_s: how long to wait for a free thread, seconds.
    """

    def __init__(self, *, patience_s: float = _PATIENCE_S) -> None:
        self._free = asyncio.Semaphore(_THREADS)
        self._limiter = anyio.CapacityLimiter(_THREADS)
        self._patience_s = patience_s

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """The result of work that blocks. Once it has begun, a cancellation takes effect at its end.

        Raises:
            DatabaseUnavailableError: no thread became free in time.
        """
        try:
            async with asyncio.timeout(self._patience_s):
                await self._free.acquire()
        except TimeoutError:
            raise DatabaseUnavailableError(
                f"the database is busy: others have waited for it for over {self._patience_s:g} s; try again"
            ) from None
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._free.release()

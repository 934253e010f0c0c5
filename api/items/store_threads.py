"""Threads in which requests wait for a store of pictures, apart from those of everything else."""

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

import anyio
import anyio.to_thread

from api.http.problems import ServiceProblem

# As many as may call a store at a time.
_THREADS: Final = 16
# A store that answers at all is faster.
_PATIENCE_S: Final = 2.0
_MOST_WAITING: Final = 200

_Result = TypeVar("_Result")


class StoreThreads:
    """A few threads. Who waits for one for too long gets a 503: a store that stands still must not collect requests."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_THREADS)
        self._limiter = anyio.CapacityLimiter(_THREADS)
        self._waiting = 0

    async def run(self, work: Callable[[], _Result]) -> _Result:
        """The result of work that may wait for a store.

        Raises:
            ServiceProblem: `catalogue_unavailable`: no thread became free in time.
        """
        if self._waiting >= _MOST_WAITING:
            raise _busy()
        self._waiting += 1
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._free.acquire()
        except TimeoutError:
            raise _busy() from None
        finally:
            self._waiting -= 1
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._free.release()


def _busy() -> ServiceProblem:
    return ServiceProblem(
        "catalogue_unavailable", "the store of pictures is slow, and others wait for it already; try again"
    )

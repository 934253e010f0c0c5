"""Whose picture is embedded next: the jobs of a process take turns, and give way to the photos of customers."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

# A photo that comes meanwhile waits for no more than these.
WHILE_PHOTOS_COME: Final = 1
_RECENT_S: Final = 2.0


class PhotoTraffic:
    """Whether customers send photos at the moment."""

    def __init__(self) -> None:
        self._last_at = float("-inf")

    def came(self) -> None:
        """Note a customer's photo."""
        self._last_at = time.monotonic()

    def is_recent(self) -> bool:
        """Whether one came within the last seconds."""
        return time.monotonic() - self._last_at < _RECENT_S


class JobTurns:
    """Places for pictures of jobs on their way through a worker, given to one job after the other.

    So a small job is not held up by large ones, and no job by the number of others.

    Args:
        most: places while no photo comes.
        photos_come: whether customers send photos; then there are only `WHILE_PHOTOS_COME`.
    """

    def __init__(self, most: int, photos_come: Callable[[], bool]) -> None:
        self._most = most
        self._photos_come = photos_come
        self._taken = 0
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, job_id: str) -> AsyncIterator[None]:
        """Wait for a place, and hold it until the block is left."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(job_id, deque()).append(turn)
        self._give()
        try:
            await turn
            yield
        finally:
            if turn.done() and not turn.cancelled():
                self._taken -= 1
            else:
                self._forget(job_id, turn)
            self._give()

    def _give(self) -> None:
        """Give free places to those that wait, one to each job in turn."""
        most = min(self._most, WHILE_PHOTOS_COME) if self._photos_come() else self._most
        while self._waiting and self._taken < most:
            job_id, turns = self._waiting.popitem(last=False)
            turn = turns.popleft()
            if turns:
                self._waiting[job_id] = turns
            if not turn.done():
                self._taken += 1
                turn.set_result(None)

    def _forget(self, job_id: str, turn: "asyncio.Future[None]") -> None:
        turns = self._waiting.get(job_id, deque())
        if turn in turns:
            turns.remove(turn)
            if not turns:
                del self._waiting[job_id]

"""Writes together what several requests want to write at about the same time."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.items.open_index import OpenIndex
from api.live.following import Following
from catalogue.items import Wanted, Written
from contracts.errors import DatabaseError, DatabaseUnavailableError

# One transaction and one new index take about as long for some changes as for one.
_MOST: Final = 64
# While several clients write, a turn begins so long after the one before at the earliest. What comes meanwhile is
# written together, and the searches in between have the processor for themselves.
_REST_S: Final = 0.02
# How long clients count as writing at the same time once they did.
_CROWDED_S: Final = 0.25
# How long a change may wait for its turn: a database that stands still must not collect requests.
_PATIENCE_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A change that is durable and visible.

    Attributes:
        written: what the database did.
        index: it shows the change.
    """

    written: Written
    index: OpenIndex


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """A change that waits for its turn."""

    wanted: Wanted
    came_at: float
    outcome: "asyncio.Future[Shown | Exception]"


class WriteTurns:
    """One turn after the other takes all changes that wait; each is one transaction, and one new index.

    A client that writes alone never waits for others. Where several write, they share turns.

    Args:
        following: writes and serves the changes of a turn.
    """

    def __init__(self, following: Following) -> None:
        self._following = following
        self._waiting: deque[_Place] = deque()
        self._turns: asyncio.Task[None] | None = None
        self._begun_at = self._crowded_until = 0.0

    async def stop(self) -> None:
        """Wait until what has come is written."""
        if self._turns is not None:
            await asyncio.wait([self._turns])

    async def write(self, wanted: Wanted) -> Shown:
        """Write a change and serve it. Whoever is cancelled has sent it all the same: it is written or refused.

        Raises:
            ServiceProblem: as `Following.write`.
            LookalikeError: as `LiveCatalogue.write`; nothing was changed.
        """
        place = _Place(wanted, time.monotonic(), asyncio.get_running_loop().create_future())
        self._waiting.append(place)
        if self._turns is None:
            self._turns = asyncio.create_task(self._take_turns())
        outcome = await asyncio.shield(place.outcome)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def _take_turns(self) -> None:
        while self._waiting:
            pause_s = self._begun_at + _REST_S - time.monotonic()
            if pause_s > 0 and self._begun_at < self._crowded_until:
                await asyncio.sleep(pause_s)
            self._begun_at = time.monotonic()
            self._refuse_late()
            turn = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST))]
            if not turn:
                break
            for place, outcome in zip(turn, await self._outcomes(turn), strict=True):
                place.outcome.set_result(outcome)
            if len(turn) > 1 or self._waiting:
                self._crowded_until = time.monotonic() + _CROWDED_S
        self._turns = None

    def _refuse_late(self) -> None:
        while self._waiting and self._begun_at - self._waiting[0].came_at > _PATIENCE_S:
            self._waiting.popleft().outcome.set_result(
                DatabaseUnavailableError(
                    f"the database is busy: this has waited for it for over {_PATIENCE_S:g} s; try again"
                )
            )

    async def _outcomes(self, turn: Sequence[_Place]) -> Sequence[Shown | Exception]:
        try:
            outcomes, index = await self._following.write([place.wanted for place in turn])
        except DatabaseError as error:
            if len(turn) == 1:
                return [error]
            # It may refuse only one of them.
            return [outcome for place in turn for outcome in await self._outcomes([place])]
        except Exception as error:
            # Whatever it is, those who wait must be told.
            return [error] * len(turn)
        return [Shown(outcome, index) if isinstance(outcome, Written) else outcome for outcome in outcomes]

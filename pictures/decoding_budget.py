"""How much is decoded at a time: a limit on threads, and one on the memory that they take together.

Ordinary pictures, which take little, pass large ones that wait, but only so often: then the next turn is the large
one's, however long that takes to come. Within both kinds it is first come, first served.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

# A picture that takes more than this share of the budget is a large one.
LARGE_SHARE: Final = 1 / 16
# Ordinary pictures that may pass the large one whose turn it is.
MAX_OVERTAKEN: Final = 8
# How often who waits looks whether that still makes sense.
_LOOK_S: Final = 0.1


class TooManyLargePicturesError(Exception):
    """As many large pictures wait as may."""


class NotWantedError(Exception):
    """Nobody waited any more when the turn came, or before."""


@dataclass(eq=False, slots=True)
class _Turn:
    memory: int
    has_come: bool = False


class DecodingBudget:
    """Hands out turns to decode; shared by all threads of a process.

    Args:
        memory: bytes that decoding may take at a time. A picture that takes more is decoded when no other is.
        threads: pictures that may be decoded at a time.
        max_large: large pictures that may wait or be decoded; more are refused, so that threads are left for others.
    """

    def __init__(self, *, memory: int, threads: int, max_large: int) -> None:
        self._memory, self._threads, self._max_large = memory, threads, max_large
        self._changed = threading.Condition()
        self._ordinary: deque[_Turn] = deque()
        self._large: deque[_Turn] = deque()
        self._overtaken = 0
        self._memory_taken = 0
        self._running = 0
        self._large_present = 0

    @property
    def memory_taken(self) -> int:
        """Bytes that decoding is expected to take now."""
        return self._memory_taken

    @contextmanager
    def turn(self, memory: int, *, is_wanted: Callable[[], bool]) -> Iterator[None]:
        """Wait for a turn; inside the block it lasts.

        Args:
            memory: bytes that decoding is expected to take.
            is_wanted: whether to go on waiting; asked again and again, so it must cost nothing.

        Raises:
            TooManyLargePicturesError: at once.
            NotWantedError: it is not wanted any more.
        """
        is_large = memory > self._memory * LARGE_SHARE
        with self._changed:
            if is_large and self._large_present >= self._max_large:
                raise TooManyLargePicturesError
            self._large_present += is_large
        try:
            self._wait(_Turn(memory), self._large if is_large else self._ordinary, is_wanted)
            try:
                yield
            finally:
                with self._changed:
                    self._memory_taken -= memory
                    self._running -= 1
                    self._hand_out()
        finally:
            with self._changed:
                self._large_present -= is_large

    def _wait(self, turn: _Turn, line: "deque[_Turn]", is_wanted: Callable[[], bool]) -> None:
        with self._changed:
            line.append(turn)
            self._hand_out()
            while not turn.has_come:
                if not is_wanted():
                    line.remove(turn)
                    # Others may have waited for this one alone.
                    self._hand_out()
                    raise NotWantedError
                self._changed.wait(_LOOK_S)

    def _hand_out(self) -> None:
        """Let those begin whose turn it is; the lock is held."""
        while line := self._next():
            turn = line.popleft()
            if line is self._large:
                self._overtaken = 0
            elif self._large:
                self._overtaken += 1
            turn.has_come = True
            self._memory_taken += turn.memory
            self._running += 1
        self._changed.notify_all()

    def _next(self) -> "deque[_Turn] | None":
        """The line whose first one may begin now."""
        if self._running >= self._threads:
            return None
        lines = [self._ordinary, self._large]
        if self._overtaken >= MAX_OVERTAKEN and self._large:
            # Its turn: nobody begins before it does.
            lines = [self._large]
        return next((line for line in lines if line and self._fits(line[0])), None)

    def _fits(self, turn: _Turn) -> bool:
        return not self._running or self._memory_taken + turn.memory <= self._memory

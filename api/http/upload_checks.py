"""Where uploads are parsed and checked."""

from collections.abc import Callable
from typing import Final, TypeVar, TypeVarTuple

import anyio

# A check takes up to 0.2 s and, for that time, two more copies of its body. It runs Python, so more threads would gain
# nothing, and the event loop would have to wait for each of them.
_AT_ONCE: Final = 2
# So little is checked at once: whatever it holds, that takes about a millisecond (measured for every kind of body, with
# the worst content that we know), and most photos that a shop's page has scaled down take less than a thread's start.
LITTLE_BYTES: Final = 64 * 1024

_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")


class UploadChecks:
    """A few threads that all uploads share, because how long a check takes is the sender's choice."""

    def __init__(self) -> None:
        self._threads = anyio.CapacityLimiter(_AT_ONCE)

    async def run(self, check: Callable[[*_Arguments], _Result], *arguments: *_Arguments, body_bytes: int) -> _Result:
        """The check's result. Once it has begun, a cancellation takes effect at its end."""
        if body_bytes <= LITTLE_BYTES:
            return check(*arguments)
        return await anyio.to_thread.run_sync(check, *arguments, limiter=self._threads)

"""Packing texts beside an event loop."""

from collections.abc import Callable
from typing import Final

import anyio
import anyio.to_thread

from api.http.accepted_codings import Coding

# Longer texts take more than 0.3 ms, which would delay the other requests of an event loop.
_LONG_BYTES: Final = 32 * 1024
_THREADS: Final = 2


class Packing:
    """Packs short texts at once, and long ones in a thread."""

    def __init__(self) -> None:
        self._threads = anyio.CapacityLimiter(_THREADS)

    async def run(self, pack: Callable[[bytes, Coding], bytes], text: bytes, coding: Coding) -> bytes:
        """The result of `pack` for a text and a coding."""
        if len(text) < _LONG_BYTES:
            return pack(text, coding)
        return await anyio.to_thread.run_sync(pack, text, coding, limiter=self._threads)

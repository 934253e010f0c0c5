"""How many requests without a valid key one client address gets an answer for."""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

_WINDOW_S: Final = 60.0
_MAX_ADDRESSES: Final = 4096


class RefusalLimit:
    """Counts refusals by address in windows of a minute; of more than 4,096 addresses, it forgets the first.

    Args:
        per_minute: most refusals of one address in a window.
        clock: seconds; monotonic.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        # Address -> start of its window, refusals in it; the earliest window first.
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._windows)

    def wait_s(self, address: str) -> int:
        """Count a refusal; returns 0, or the whole seconds to wait if there were too many from this address."""
        now = self._clock()
        started, refusals = self._windows.get(address, (now, 0))
        if now - started >= _WINDOW_S:
            del self._windows[address]
            started, refusals = now, 0
        if refusals >= self._per_minute:
            return max(1, round(_WINDOW_S - (now - started)))
        self._windows[address] = (started, refusals + 1)
        if len(self._windows) > _MAX_ADDRESSES:
            self._windows.popitem(last=False)
        return 0

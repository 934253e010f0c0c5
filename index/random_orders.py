"""Random orders of a catalogue by seed."""

from threading import Lock

import numpy as np
from numpy.typing import NDArray

_KEPT_ORDERS = 8


class RandomOrders:
    """Random orders of the items; the last few are cached, because people page through them.

    Args:
        items: number of items.
    """

    def __init__(self, items: int) -> None:
        self._items = items
        self._kept: dict[int, NDArray[np.uint32]] = {}
        self._lock = Lock()

    def keeps(self, seed: int) -> bool:
        """Whether the order of a seed is cached."""
        return seed in self._kept

    def order(self, seed: int) -> NDArray[np.uint32]:
        """All positions in the order of a seed, (N,) uint32; the same in every process and at all times."""
        with self._lock:
            order = self._kept.pop(seed, None)
        if order is None:
            # Not under the lock: callers whose order is cached must not wait while another is drawn.
            # PCG64 is explicit, because default_rng may become another generator some day.
            generator = np.random.Generator(np.random.PCG64(seed))
            order = generator.permutation(np.arange(self._items, dtype=np.uint32))
        with self._lock:
            self._kept[seed] = order
            while len(self._kept) > _KEPT_ORDERS:
                del self._kept[next(iter(self._kept))]
        return order

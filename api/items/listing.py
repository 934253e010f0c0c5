"""Which items a page of the catalogue shows."""

import secrets
from dataclasses import dataclass, field
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from index.selection import Selection

MAX_SEED = 2**32 - 1
_KEPT_ORDERS = 8


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a longer list.

    Attributes:
        rows: of the catalogue, in the order of the list.
        total: length of the list.
    """

    rows: list[int]
    total: int


@dataclass(frozen=True)
class RandomOrders:
    """Random orders of a catalogue by seed; the last few are kept, for people page through them.

    Attributes:
        items: how many items the catalogue has.
    """

    items: int
    _kept: dict[int, NDArray[np.uint32]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def order(self, seed: int) -> NDArray[np.uint32]:
        """All rows in the order of a seed, (N,); the same in every process and at every time."""
        with self._lock:
            order = self._kept.pop(seed, None)
            if order is None:
                # PCG64 is named, for default_rng may become another generator some day.
                generator = np.random.Generator(np.random.PCG64(seed))
                order = generator.permutation(np.arange(self.items, dtype=np.uint32))
            self._kept[seed] = order
            while len(self._kept) > _KEPT_ORDERS:
                del self._kept[next(iter(self._kept))]
            return order


def draw_seed() -> int:
    """A seed for a caller who named none."""
    return secrets.randbelow(MAX_SEED + 1)


def catalogue_page(items: int, selected: Selection | None, *, limit: int, offset: int) -> Page:
    """A page in catalogue order."""
    if selected is None:
        return Page(list(range(min(offset, items), min(offset + limit, items))), items)
    rows = selected.as_rows()
    return Page(rows[offset : offset + limit].tolist(), rows.size)


def random_page(order: NDArray[np.uint32], selected: Selection | None, *, limit: int, offset: int) -> Page:
    """A page in a random order; a filter leaves items out and changes the order of none."""
    rows = order if selected is None else order[selected.as_mask()[order]]
    return Page(rows[offset : offset + limit].tolist(), rows.size)

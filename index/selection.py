"""The items that may be hits: a list of rows if they are few, a mask if they are many."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

# Below this share of all items, visiting each possible hit is cheaper than skipping the others.
FEW = 1 / 40


@dataclass(frozen=True)
class Selection:
    """Some of N items.

    Attributes:
        items: number of all items, N.
        rows: (M,) int64, rising; None if `mask` is given.
        mask: (N,) bool; None if `rows` is given.

    Raises:
        ValueError: not exactly one of `rows` and `mask` is given, or it does not fit N.
    """

    items: int
    rows: NDArray[np.int64] | None = None
    mask: NDArray[np.bool_] | None = None

    def __post_init__(self) -> None:
        if (self.rows is None) == (self.mask is None):
            raise ValueError("a selection has either rows or a mask")
        if self.mask is not None and (self.mask.shape != (self.items,) or self.mask.dtype != np.bool_):
            raise ValueError(f"mask must be bool ({self.items},), not {self.mask.dtype} {self.mask.shape}")
        if self.rows is not None and self.rows.size and not (self.rows[0] >= 0 and self.rows[-1] < self.items):
            raise ValueError(f"rows must be of {self.items} items")

    @classmethod
    def where(cls, mask: NDArray[np.bool_]) -> Self:
        """The items where a mask is True."""
        return cls(len(mask), mask=mask)

    @classmethod
    def all_of(cls, items: int) -> Self:
        """All of `items` items."""
        return cls.where(np.ones(items, np.bool_))

    @cached_property
    def count(self) -> int:
        """Number of selected items."""
        return self.rows.size if self.rows is not None else int(np.count_nonzero(self.as_mask()))

    @cached_property
    def few(self) -> bool:
        """Whether the items are so few that it is cheaper to visit each."""
        return self.count < FEW * self.items

    def as_rows(self) -> NDArray[np.int64]:
        """The selected rows, rising."""
        return self.rows if self.rows is not None else np.flatnonzero(self.as_mask())

    def as_mask(self) -> NDArray[np.bool_]:
        """(N,) bool, True where an item is selected."""
        if self.mask is not None:
            return self.mask
        mask = np.zeros(self.items, np.bool_)
        mask[self.rows] = True
        return mask

    def within(self, other: "Selection") -> "Selection":
        """The items that another selection has too."""
        mask = other.as_mask()
        if self.rows is not None:
            return Selection(self.items, rows=self.rows[mask[self.rows]])
        return Selection.where(self.as_mask() & mask)

    def without(self, row: int) -> "Selection":
        """The same selection without one row."""
        if self.rows is not None:
            return Selection(self.items, rows=self.rows[self.rows != row])
        mask = self.as_mask().copy()
        mask[row] = False
        return Selection(self.items, mask=mask)

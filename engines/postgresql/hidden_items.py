"""Items of a version that were taken away from a part of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class HiddenItems:
    """Items that are not found any more.

    Attributes:
        positions: (H,) int64, rising, their places among all numbers of the version.
        numbers: (H,) int64, rising.
        codes: (H, S) int32, of their values.
    """

    positions: NDArray[np.int64]
    numbers: NDArray[np.int64]
    codes: NDArray[np.int32]

    @classmethod
    def none(cls, columns: int) -> Self:
        """No items."""
        nothing = np.empty(0, np.int64)
        return cls(nothing, nothing, np.empty((0, max(1, columns)), np.int32))

    def __len__(self) -> int:
        return int(self.numbers.size)

    def with_others(
        self, positions: NDArray[np.int64], numbers: NDArray[np.int64], codes: NDArray[np.int32]
    ) -> "HiddenItems":
        """These and others, none of which is among these."""
        joined = np.concatenate((self.numbers, numbers))
        order = np.argsort(joined, kind="stable")
        return HiddenItems(
            np.concatenate((self.positions, positions))[order],
            joined[order],
            np.concatenate((self.codes, codes))[order],
        )

    def hold(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each item is among these, (K,) bool."""
        if not len(self):
            return np.zeros(numbers.shape, np.bool_)
        places = np.minimum(np.searchsorted(self.numbers, numbers), len(self) - 1)
        held: NDArray[np.bool_] = self.numbers[places] == numbers
        return held

    def before_hiding(self, positions: NDArray[np.integer]) -> NDArray[np.int64]:
        """The places among all items of the items at some positions among those that are left."""
        if not len(self):
            return positions.astype(np.int64)
        # Of items that are left, how many are before each hidden one.
        left_before = self.positions - np.arange(len(self))
        return positions + np.searchsorted(left_before, positions, side="right")

    def after_hiding(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The positions among those that are left of items at some places among all."""
        return places - np.searchsorted(self.positions, places) if len(self) else places

    @cached_property
    def tallies(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The codes that these items have, and how many of them have each."""
        codes, counts = np.unique(self.codes[self.codes != 0], return_counts=True)
        return codes.astype(np.int64), counts.astype(np.int64)

    def tally(self, code: int) -> int:
        """How many of these items have a code."""
        return self._tally_of.get(code, 0)

    @cached_property
    def _tally_of(self) -> Mapping[int, int]:
        codes, counts = self.tallies
        return dict(zip(codes.tolist(), counts.tolist(), strict=True))

    @cached_property
    def with_value(self) -> NDArray[np.int64]:
        """How many of these have a value of each column, (S,)."""
        counts: NDArray[np.int64] = np.count_nonzero(self.codes, axis=0)
        return counts

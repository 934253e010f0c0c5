"""Items of a version that were taken away from a part of it."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engines.held_numbers import HeldNumbers

_NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class HiddenNumbers:
    """Some of the numbers of a version.

    Attributes:
        numbers: (H,) int64, rising.
        places: (H,) int64, rising, their places among all numbers of the version.
    """

    numbers: NDArray[np.int64] = field(default_factory=lambda: _NOTHING)
    places: NDArray[np.int64] = field(default_factory=lambda: _NOTHING)

    def __len__(self) -> int:
        return int(self.numbers.size)

    def and_others(self, numbers: NDArray[np.int64], held: HeldNumbers) -> "HiddenNumbers":
        """These and others of the version."""
        joined = np.union1d(self.numbers, numbers)
        return HiddenNumbers(joined, held.positions(joined))

    def hold(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each number is among these, (K,) bool."""
        return np.isin(numbers, self.numbers)

    def places_of(self, positions: NDArray[np.integer]) -> NDArray[np.int64]:
        """The places among all items of those at some positions among what is left."""
        # Of what is left, how many are before each hidden one.
        left_before = self.places - np.arange(len(self))
        return positions.astype(np.int64) + np.searchsorted(left_before, positions, side="right")

    def positions_of(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """The positions among what is left of items at some places among all."""
        return places - np.searchsorted(self.places, places)

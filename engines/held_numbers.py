"""The numbers of an engine's items, in order: all that is kept in this process of each item."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class HeldNumbers:
    """Rising numbers; no memory is taken where they are evenly spaced.

    Attributes:
        size: how many there are.
        first, step: of evenly spaced ones.
        listed: (size,) int64 of others; None: they are evenly spaced.
    """

    size: int
    first: int
    step: int
    listed: NDArray[np.int64] | None

    @classmethod
    def of(cls, numbers: NDArray[np.int64]) -> Self:
        """Of rising numbers."""
        steps = np.diff(numbers)
        first = int(numbers[0]) if numbers.size else 0
        step = int(steps[0]) if steps.size else 1
        even = bool((steps == step).all())
        return cls(int(numbers.size), first, step, None if even else numbers)

    def positions(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The position of each number; -1 if it is not among these: (K,) int64."""
        if self.listed is not None:
            places = np.minimum(np.searchsorted(self.listed, numbers), max(0, self.size - 1))
            held = self.listed[places] == numbers if self.size else np.zeros(numbers.shape, np.bool_)
        else:
            places, rest = np.divmod(numbers - self.first, self.step)
            held = (rest == 0) & (places >= 0) & (places < self.size)
        return np.where(held, places, -1)

    def at(self, positions: NDArray[np.integer]) -> NDArray[np.int64]:
        """The numbers at some positions, 0 to size - 1."""
        if self.listed is None:
            return positions.astype(np.int64) * self.step + self.first
        numbers: NDArray[np.int64] = self.listed[positions]
        return numbers

    def all(self) -> NDArray[np.int64]:
        """All numbers, rising."""
        return self.listed if self.listed is not None else self.at(np.arange(self.size))

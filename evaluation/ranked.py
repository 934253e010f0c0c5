"""Search results of many queries."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Advance = Callable[[int], None]
"""Called with the number of queries searched since the last call."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """Items found, most similar first.

    Attributes:
        rows: (Q, K) int64 rows of the gallery; -1 beyond the end of a shorter list.
        similarities: (Q, K) float32 cosines; 0 beyond the end.
    """

    rows: NDArray[np.int64]
    similarities: NDArray[np.float32]

    @classmethod
    def empty(cls, queries: int, limit: int) -> Self:
        """Empty results for this many queries."""
        return cls(np.full((queries, limit), -1, np.int64), np.zeros((queries, limit), np.float32))

    def put(self, position: int, rows: NDArray[np.int64], similarities: NDArray[np.float32]) -> None:
        """Fill in the results of one query."""
        self.rows[position, : len(rows)] = rows
        self.similarities[position, : len(rows)] = similarities

    def with_rows_of(self, other: Self, positions: NDArray[np.int64]) -> Self:
        """A copy in which the queries at `positions` have the results of `other`, in that order."""
        rows, similarities = self.rows.copy(), self.similarities.copy()
        rows[positions], similarities[positions] = other.rows, other.similarities
        return type(self)(rows, similarities)

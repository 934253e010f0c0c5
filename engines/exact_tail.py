"""Exact nearest items from an engine whose arithmetic is only nearly right.

An engine computes similarities in float32, in an order of its own. So what it ranks is only a choice of candidates.
They are scored here as everywhere, and more are fetched until nothing outside can be among the first k.
"""

import math
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from index.exact.plain_searches import dots
from index.part import Nearest

SPARE: Final = 16
"""Candidates that are fetched besides the k that are wanted."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Items as an engine returns them, in any order.

    Attributes:
        numbers: (M,) int64.
        vectors: (M, C) float32, their unit rows bit for bit.
        least: no item that is not among these has a higher similarity by the engine's arithmetic; None: there is none.
    """

    numbers: NDArray[np.int64]
    vectors: NDArray[np.float32]
    least: float | None


class Source(Protocol):
    """The candidates of one query, in an engine."""

    def first(self, unit: NDArray[np.float32], count: int) -> Fetched:
        """The candidates that are most similar by the engine's arithmetic.

        Args:
            unit: (C,) float32 of length 1.
            count: how many, 1 or more.
        """

    def reaching(self, unit: NDArray[np.float32], floor: float, k: int) -> Fetched:
        """All candidates of at least this similarity by the engine's arithmetic.

        Args:
            unit: (C,) float32 of length 1.
            floor: the similarity.
            k: of candidates with equal vectors, those with the k smallest numbers are enough.
        """

    def smallest(self, k: int) -> NDArray[np.int64]:
        """The k smallest numbers of candidates, rising."""


def margin(components: int) -> float:
    """By how much a dot product in float32 of two unit vectors may be wrong, in any order of addition.

    Source: Higham 2002, Accuracy and Stability of Numerical Algorithms, section 3.1; with a reserve.
    """
    return (components + 16) * 2.0**-23


def exact_nearest(source: Source, unit: NDArray[np.float32], k: int, *, exact: bool = True) -> Nearest:
    """The k nearest candidates by (-similarity, number), as float64 dot products of float32 rows rank them.

    Args:
        source: the candidates.
        unit: (C,) float32 of length 1, or zero, to which everything has similarity 0.
        k: 1 or more.
        exact: whether more candidates are fetched where the first may not suffice; without, they are only scored.
    """
    if not unit.any():
        numbers = source.smallest(k)
        return Nearest(numbers, np.zeros(numbers.size))
    found = source.first(unit, k + SPARE)
    similarities = dots(unit, found.vectors)
    if exact and found.least is not None:
        floor = _kth(similarities, k) - margin(unit.size)
        if found.least >= floor:
            found = source.reaching(unit, floor, k)
            similarities = dots(unit, found.vectors)
    order = np.lexsort((found.numbers, -similarities))[:k]
    return Nearest(found.numbers[order], similarities[order])


def _kth(similarities: NDArray[np.float64], k: int) -> float:
    """The k-th highest; -inf if there are fewer."""
    if similarities.size < k:
        return -math.inf
    return float(np.partition(similarities, similarities.size - k)[similarities.size - k])

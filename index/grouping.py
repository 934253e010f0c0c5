"""Groups of items, such as the colours and sizes of one product."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

ALONE = -1
"""The number of an item that belongs to no group."""


def first_of_groups(groups: NDArray[np.int32]) -> NDArray[np.int64]:
    """The positions in a list of items at which each group first appears, rising, and those of all items without one.

    Args:
        groups: (K,) group numbers; -1 for items in no group.
    """
    # np.unique returns the first position of equal numbers.
    _, first = np.unique(groups, return_index=True)
    first = first[groups[first] != ALONE]
    return np.sort(np.concatenate((first, np.flatnonzero(groups == ALONE)))).astype(np.int64)


def present_groups(groups: NDArray[np.int32]) -> tuple[NDArray[np.int64], int]:
    """The groups of some items, rising, and the number of items in no group.

    Args:
        groups: (K,) group numbers; -1 for items in no group.
    """
    alone = int(np.count_nonzero(groups == ALONE))
    return np.flatnonzero(np.bincount(groups[groups != ALONE])), alone


def number_groups(values: Sequence[Hashable | None]) -> NDArray[np.int32]:
    """A number for each different value, (K,) int32; -1 for None."""
    numbers: dict[Hashable, int] = {}
    return np.array([ALONE if value is None else numbers.setdefault(value, len(numbers)) for value in values], np.int32)

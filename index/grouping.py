"""Groups of items, such as the colours and sizes of one product."""

import numpy as np
from numpy.typing import NDArray

from index.selection import Selection

ALONE = -1
"""The number of an item that belongs to no group."""


def first_of_groups(groups: NDArray[np.int32]) -> NDArray[np.int64]:
    """Where in a list of items each group first appears, rising; an item that is alone always does.

    Args:
        groups: (K,) group numbers, -1 for items that are alone.
    """
    # Stable by default: of equal numbers the first position is named.
    _, first = np.unique(groups, return_index=True)
    first = first[groups[first] != ALONE]
    return np.sort(np.concatenate((first, np.flatnonzero(groups == ALONE)))).astype(np.int64)


def count_groups(groups: NDArray[np.int32], selected: Selection | None, exclude_row: int | None) -> int:
    """How many groups some items are of; each that is alone counts as one.

    Args:
        groups: (N,) group numbers, -1 for items that are alone.
        selected: which items; None for all.
        exclude_row: one that is not among them.
    """
    if exclude_row is not None:
        everything = Selection.all_of(len(groups)) if selected is None else selected
        selected = everything.without(exclude_row)
    if selected is not None:
        groups = groups[selected.as_rows() if selected.few else selected.as_mask()]
    alone = int(np.count_nonzero(groups == ALONE))
    return int(np.count_nonzero(np.bincount(groups[groups != ALONE]))) + alone

"""Which items are pictures of the same product, and so say nothing about which products look alike."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.items import Item
from model.training.splits import TITLE_ATTRIBUTE


def item_groups(items: Sequence[Item]) -> NDArray[np.int64]:
    """Number items so that those with the same title, and only those, share a number: (N,) int64."""
    numbers: dict[str, int] = {}
    # The letter keeps ids and titles apart, since one item's id may be another's title.
    keys = (
        f"t{item.attributes[TITLE_ATTRIBUTE]}" if TITLE_ATTRIBUTE in item.attributes else f"i{item.id}"
        for item in items
    )
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], np.int64)

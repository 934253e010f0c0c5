"""A sample of a version's points: from the distances of a few, a search guesses that of the last one it needs.

The guess only spares the server the sorting of points that are too far away. Where it was too near, too few are found,
and the search is made again without it.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

_LEAST_ITEMS: Final = 8_192
_LARGEST: Final = 4_096
_ONE_OF: Final = 32


def drawn_sample(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers of some items, drawn at random; none of a few items, which are sorted quickly."""
    size = sample_size(numbers.size)
    return np.sort(np.random.default_rng(0).choice(numbers, size, replace=False)) if size else numbers[:0]


def sample_size(items: int) -> int:
    """How many of some items are drawn."""
    return 0 if items < _LEAST_ITEMS else min(_LARGEST, items // _ONE_OF)


def rank_in_sample(count: int, items: int) -> int | None:
    """Which place in a sample, from 0, is almost surely behind as many of the nearest items; None: no guess pays.

    The number of drawn items among the nearest has about a Poisson distribution. Four deviations and three more are
    exceeded once in thousands of searches.

    Args:
        count: of the nearest items that are needed.
        items: of the whole version.
    """
    size = sample_size(items)
    if not size:
        return None
    expected = count * size / items
    rank = math.ceil(expected + 4 * math.sqrt(expected) + 3)
    return rank if 4 * rank < size else None

"""Which attributes repeat among look-alikes by more than chance: colour does, the stock does not."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.hold_out import TITLE
from index.attributes import MISSING
from index.bundle import Bundle

# Of the agreement that chance leaves open, the share that look-alikes must have. Below it, agreement is "fair" at best
# by Landis and Koch 1977, "The measurement of observer agreement for categorical data". On 35,466 products, season has
# 0.36 to 0.38, and colour, the next, 0.54 or more; docs/versions.md has all of them.
LEAST_AGREEMENT = 0.4
# One-sided, 99 %: a column must reach the agreement even if the sample happened to be a lucky one.
_CERTAINTY = 2.326
# Of fewer products, luck cannot be told.
_FEWEST_GROUPS = 5


def repeated(bundle: Bundle, names: Sequence[str], answers: Sequence[tuple[str, Sequence[str]]]) -> set[str]:
    """The attributes that look-alikes share with the query by clearly more than chance.

    An item's siblings (same title, or same picture) are left out: they are the same product and share everything.

    Args:
        names: categorical attributes to look at.
        answers: for each query its id, and the ids of its look-alikes; an item that the bundle lacks says nothing.
    """
    pairs = []
    for item, ids in answers:
        row = bundle.items.row(item)
        found = [other for other in map(bundle.items.row, ids) if other is not None]
        if row is not None and found:
            pairs.append((row, _other_products(bundle, row, np.array(found, np.int64))))
    return {name for name in names if _lowest_agreement(bundle, name, pairs) > LEAST_AGREEMENT}


def _other_products(bundle: Bundle, row: int, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows that are no siblings of `row`."""
    titles = bundle.attributes.codes(TITLE)
    same_title = (titles[rows] == titles[row]) & (titles[row] != MISSING)
    same_picture = (bundle.full_embeddings[rows] == bundle.full_embeddings[row]).all(axis=1)
    others: NDArray[np.int64] = rows[~(same_title | same_picture)]
    return others


def _lowest_agreement(bundle: Bundle, name: str, pairs: Sequence[tuple[int, NDArray[np.int64]]]) -> float:
    """The lower end of a one-sided interval of how far look-alikes agree, of what chance leaves open; -1 to 1.

    Chance is the share of all other items that have the query's value. The interval is robust to queries of one title,
    which agree or disagree together.
    """
    codes, titles = bundle.attributes.codes(name), bundle.attributes.codes(TITLE)
    counts = np.bincount(codes[codes != MISSING])
    known = int(counts.sum())
    agreed, chance, groups = [], [], []
    for row, found in pairs:
        values = codes[found][codes[found] != MISSING]
        if codes[row] != MISSING and len(values):
            agreed.append(float((values == codes[row]).mean()))
            chance.append((counts[codes[row]] - 1) / (known - 1))
            groups.append(int(titles[row]) if titles[row] != MISSING else -2 - row)
    _, group = np.unique(np.array(groups, np.int64), return_inverse=True)
    left_open = 1.0 - np.array(chance)
    if not len(group) or group.max() + 1 < _FEWEST_GROUPS or left_open.sum() <= 0.0:
        return -1.0
    agreement = float((np.array(agreed) - np.array(chance)).sum() / left_open.sum())
    residuals = np.array(agreed) - np.array(chance) - agreement * left_open
    error = float(np.sqrt(np.square(np.bincount(group, residuals)).sum()) / left_open.sum())
    return agreement - _CERTAINTY * error

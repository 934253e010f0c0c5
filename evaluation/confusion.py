"""Asked for, was given: which kinds of items the first results of each class of queries were."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.items import Item
from evaluation.bootstrap import numbered
from evaluation.relevance import ID, class_names
from evaluation.settings import CLASS_K
from evaluation.spaces import SpaceName

# With more classes, the attribute names single things and no kinds, such as In-shop's `item_id`.
MOST_CLASSES = 500


@dataclass(frozen=True, slots=True)
class Given:
    """What some first results of a class were.

    Attributes:
        value: of the gallery's attribute; None for items that lack it.
        results: how many of the class's first results have it.
        right: whether it fits the class.
    """

    value: str | None
    results: int
    right: bool


@dataclass(frozen=True, slots=True)
class AskedClass:
    """A class of queries and what it was given.

    Attributes:
        name: of the class.
        queries: number of its queries.
        results: number of their first results, at most ten each.
        given: what these were, the most frequent first.
    """

    name: str
    queries: int
    results: int
    given: Sequence[Given]

    @property
    def right(self) -> int:
        """How many of its first results fit."""
        return sum(given.results for given in self.given if given.right)


@dataclass(frozen=True, slots=True)
class Confusion:
    """The first ten results of each query, counted by class and kind, with all items in the gallery.

    Attributes:
        asked_by: attribute that defines the classes of the queries.
        given_by: attribute of the gallery's items.
        space: whose results were counted.
        classes: in alphabetical order.
    """

    asked_by: str
    given_by: str
    space: SpaceName
    classes: Sequence[AskedClass]


@dataclass(frozen=True, slots=True)
class Mistaken:
    """A class and a kind that it was given wrongly."""

    asked: AskedClass
    given: Given

    @property
    def share(self) -> float:
        """Share of the class's first results, 0 to 1."""
        return self.given.results / self.asked.results


def confusion(
    found: NDArray[np.int64],
    queries: Sequence[Item],
    gallery: Sequence[Item],
    *,
    asked_by: str,
    given_by: str,
    class_map: Mapping[str, frozenset[str]] | None,
    space: SpaceName,
) -> Confusion | None:
    """Count the first ten results.

    Args:
        found: (Q, K) int64, the gallery rows found for each query, best first; -1 beyond the end of a shorter list.
        queries: the Q queries, all of which have `asked_by`.
        gallery: the items searched.
        asked_by, given_by, space: see `Confusion`.
        class_map: class of queries -> values of `given_by` that fit; None: the class's own name fits.

    Returns:
        None if the attribute names single things and no kinds: it is the item's id, or there are over 500 classes.
    """
    if asked_by == ID or given_by == ID:
        return None
    classes, names = numbered(class_names(queries, asked_by))
    if len(names) > MOST_CLASSES:
        return None
    # The empty text stands for items without a value, since no attribute is empty.
    codes, values = numbered([item.attributes.get(given_by, "") for item in gallery])
    first = found[:, :CLASS_K]
    pairs = classes[:, None] * len(values) + codes[first]
    counts = np.bincount(pairs[first >= 0], minlength=len(names) * len(values)).reshape(len(names), len(values))
    sizes = np.bincount(classes, minlength=len(names)).tolist()
    asked = [
        AskedClass(name, sizes[number], int(row.sum()), _given(row, values, _fitting(name, class_map)))
        for number, (name, row) in enumerate(zip(names, counts, strict=True))
    ]
    return Confusion(asked_by, given_by, space, asked)


def most_mistaken(found: Confusion, most: int) -> list[Mistaken]:
    """The pairs of a class and a kind that does not fit it, those with the most results first."""
    wrong = [Mistaken(asked, given) for asked in found.classes for given in asked.given if not given.right]
    return sorted(wrong, key=lambda pair: (-pair.given.results, pair.asked.name, pair.given.value or ""))[:most]


def _given(row: NDArray[np.int64], values: Sequence[str], fitting: frozenset[str]) -> list[Given]:
    # A stable sort keeps equal counts in alphabetical order.
    order = np.argsort(-row, kind="stable").tolist()
    return [Given(values[code] or None, int(row[code]), values[code] in fitting) for code in order if row[code]]


def _fitting(name: str, class_map: Mapping[str, frozenset[str]] | None) -> frozenset[str]:
    return frozenset({name}) if class_map is None else class_map.get(name, frozenset())

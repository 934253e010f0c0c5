"""Which queries a report shows: a random sample, the best and the worst."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.metrics import average_precision_at

Kind = Literal["random", "best", "worst"]


@dataclass(frozen=True, slots=True)
class Example:
    """A query to show.

    Attributes:
        position: index among the judged queries.
        kind: why it is shown.
        first_right: rank of the first right item, from 1; None if no result is right.
    """

    position: int
    kind: Kind
    first_right: int | None


def choose_examples(
    right: NDArray[np.bool_], relevant: NDArray[np.int64], classes: NDArray[np.int64], *, each: int, seed: int
) -> list[Example]:
    """Choose a random sample, the best and the worst queries; no query is chosen twice.

    The best have the highest average precision. The worst find their first right item last or never. Ties are broken
    at random. Best and worst take one query of each class before a second of any, so that one easy class does not
    fill the page.

    Args:
        right: (J, K) bool: whether the first, second, ... result of each query is right.
        relevant: (J,) int64, number of right items in the gallery, at least 1.
        classes: (J,) int64.
        each: number of queries of each kind.
        seed: of the random choices.
    """
    queries, depth = right.shape
    shuffled = np.random.default_rng(seed).permutation(queries)
    first = np.where(right.any(axis=1), right.argmax(axis=1) + 1, depth + 1)
    precision = average_precision_at(right, relevant, depth)
    best = shuffled[np.lexsort((first[shuffled], -precision[shuffled]))]
    worst = shuffled[np.lexsort((precision[shuffled], -first[shuffled]))]
    taken: set[int] = set()
    chosen: list[Example] = []
    orders: tuple[tuple[Kind, list[int]], ...] = (
        ("random", shuffled.tolist()),
        ("best", _one_a_class_first(best, classes)),
        ("worst", _one_a_class_first(worst, classes)),
    )
    for kind, order in orders:
        fresh = [position for position in order if position not in taken][:each]
        taken.update(fresh)
        chosen += [
            Example(position, kind, int(first[position]) if first[position] <= depth else None) for position in fresh
        ]
    return chosen


def _one_a_class_first(order: NDArray[np.int64], classes: NDArray[np.int64]) -> list[int]:
    """Reorder positions: the first of each class, then the others."""
    seen: set[int] = set()
    firsts: list[int] = []
    others: list[int] = []
    for position, number in zip(order.tolist(), classes[order].tolist(), strict=True):
        (others if number in seen else firsts).append(position)
        seen.add(number)
    return firsts + others

"""Retrieval metrics of ranked lists, from which of their items are relevant."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class MetricsAt:
    """Means over all queries, each 0 to 1.

    Attributes:
        k: how many of the first items count.
        recall: share of queries with a relevant item among the first k.
        precision: share of relevant items among the first k.
        mean_average_precision: see `average_precision_at`.
    """

    k: int
    recall: float
    precision: float
    mean_average_precision: float


def metrics_at(ranked: NDArray[np.bool_], relevant: NDArray[np.int64], ks: Sequence[int]) -> list[MetricsAt]:
    """All metrics at each k.

    Args:
        ranked: (Q, K) bool, Q and K at least 1: whether each query's first, second, ... item is relevant; False
            behind the end of a list that is shorter.
        relevant: (Q,) int64, how many relevant items the gallery holds for each query, 1 at least.
        ks: each 1 to K.
    """
    return [
        MetricsAt(
            k,
            float(recall_at(ranked, k).mean()),
            float(precision_at(ranked, k).mean()),
            float(average_precision_at(ranked, relevant, k).mean()),
        )
        for k in ks
    ]


def recall_at(ranked: NDArray[np.bool_], k: int) -> NDArray[np.bool_]:
    """Whether a query has a relevant item among its first k: (Q, K) bool -> (Q,) bool."""
    return np.asarray(_first(ranked, k).any(axis=1))


def precision_at(ranked: NDArray[np.bool_], k: int) -> NDArray[np.float64]:
    """Relevant items among the first k, divided by k also where the list is shorter: (Q, K) bool -> (Q,) float64."""
    precision: NDArray[np.float64] = _first(ranked, k).sum(axis=1) / k
    return precision


def average_precision_at(ranked: NDArray[np.bool_], relevant: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """The precisions at each relevant item among the first k, summed and divided by min(k, relevant).

    Args:
        ranked: (Q, K) bool.
        relevant: (Q,) int64, 1 at least.

    Returns:
        (Q,) float64; 1 where the first items are all relevant, until k or until there are no more.

    Raises:
        ValueError: a query has no relevant item, or fewer than are among its first k.
    """
    first = _first(ranked, k)
    if (relevant < np.maximum(first.sum(axis=1), 1)).any():
        raise ValueError("each query needs a relevant item in the gallery, and as many as its list holds")
    precisions = np.cumsum(first, axis=1) / np.arange(1, k + 1)
    average: NDArray[np.float64] = (precisions * first).sum(axis=1) / np.minimum(k, relevant)
    return average


def _first(ranked: NDArray[np.bool_], k: int) -> NDArray[np.bool_]:
    if not 1 <= k <= ranked.shape[1]:
        raise ValueError(f"k must be 1 to {ranked.shape[1]}, the length of the ranked lists; got {k}")
    return ranked[:, :k]

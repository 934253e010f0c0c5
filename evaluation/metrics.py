"""Retrieval metrics of ranked lists, given which of their items are relevant."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Metric = Literal["recall", "precision", "mean_average_precision"]
METRICS: tuple[Metric, ...] = get_args(Metric)


def score(metric: Metric, ranked: NDArray[np.bool_], relevant: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """One metric of each query; reports use the mean over the queries.

    Args:
        metric: its name.
        ranked: (Q, K) bool, K at least 1: whether each query's first, second, ... item is relevant; False
            beyond the end of a shorter list.
        relevant: (Q,) int64, number of relevant items in the gallery for each query, at least 1.
        k: 1 to K.

    Returns:
        (Q,) float64, each 0 to 1.

    Raises:
        ValueError: k or relevant is out of range.
    """
    if metric == "recall":
        return recall_at(ranked, k).astype(np.float64)
    return precision_at(ranked, k) if metric == "precision" else average_precision_at(ranked, relevant, k)


def recall_at(ranked: NDArray[np.bool_], k: int) -> NDArray[np.bool_]:
    """Whether a query has a relevant item among its first k: (Q, K) bool -> (Q,) bool."""
    return np.asarray(_first(ranked, k).any(axis=1))


def precision_at(ranked: NDArray[np.bool_], k: int) -> NDArray[np.float64]:
    """Relevant items among the first k, divided by k even if the list is shorter: (Q, K) bool -> (Q,) float64."""
    precision: NDArray[np.float64] = _first(ranked, k).sum(axis=1) / k
    return precision


def average_precision_at(ranked: NDArray[np.bool_], relevant: NDArray[np.int64], k: int) -> NDArray[np.float64]:
    """The sum of the precisions at each relevant item among the first k, divided by min(k, relevant).

    Args:
        ranked: (Q, K) bool.
        relevant: (Q,) int64, at least 1.
        k: 1 to K.

    Returns:
        (Q,) float64; 1 if the first min(k, relevant) items are all relevant.

    Raises:
        ValueError: `relevant` is 0 for a query, or smaller than the number of relevant items among its first k.
    """
    first = _first(ranked, k)
    if (relevant < np.maximum(first.sum(axis=1), 1)).any():
        raise ValueError("relevant must be at least 1 for each query, and at least the relevant items in its list")
    precisions = np.cumsum(first, axis=1) / np.arange(1, k + 1)
    average: NDArray[np.float64] = (precisions * first).sum(axis=1) / np.minimum(k, relevant)
    return average


def _first(ranked: NDArray[np.bool_], k: int) -> NDArray[np.bool_]:
    if not 1 <= k <= ranked.shape[1]:
        raise ValueError(f"k must be 1 to {ranked.shape[1]}, the length of the ranked lists; got {k}")
    return ranked[:, :k]

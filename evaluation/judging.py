"""From search results to metrics, with intervals and per class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.items import Item
from evaluation.bootstrap import ClusterBootstrap, macro_mean, numbered
from evaluation.findings import ClassFigures, Difference, Measurement, MetricsAt, SpaceFigures
from evaluation.metrics import METRICS, precision_at, recall_at, score
from evaluation.ranked import Ranked
from evaluation.relevance import CLASS_ATTRIBUTE, Relevance, class_names
from evaluation.settings import CLASS_K, DEEPEST, KS
from evaluation.spaces import SpaceName

_COLUMNS = [(k, metric) for k in KS for metric in METRICS]
_COMPARED: tuple[tuple[SpaceName, SpaceName], ...] = (("full", "reduced"), ("full", "served"), ("served", "reduced"))
_RECALL_AT_1 = _COLUMNS.index((1, "recall"))


@dataclass(frozen=True, slots=True)
class Judged:
    """The judged results.

    Attributes:
        measurement: the metrics.
        queries: (J,) int64, indices of the queries that were judged, rising.
        relevant: (J,) int64, number of right items in the gallery for each.
        right: for each space (J, K) bool: whether the first, second, ... result is right.
    """

    measurement: Measurement
    queries: NDArray[np.int64]
    relevant: NDArray[np.int64]
    right: Mapping[SpaceName, NDArray[np.bool_]]


def judge_ranked(
    relevance: Relevance,
    counts: NDArray[np.int64],
    found: Mapping[SpaceName, Ranked],
    items: Sequence[Item],
    *,
    relevant: Sequence[str],
    exclude_same: Sequence[str],
    exclude_pictures: bool,
    class_map: bool,
    groups: NDArray[np.int64],
    resamples: int,
    seed: int,
) -> Judged:
    """Judge the results of the spaces.

    Args:
        relevance: which items are right for each of the Q queries.
        counts: (Q,) int64, number of right items in the gallery. A query with none is not judged; at least one query
            must have some.
        found: for each space the results of all Q queries.
        items: the Q queries.
        relevant, exclude_same, exclude_pictures: see `Measurement`.
        class_map: whether a query's class is its category, instead of its value of the first attribute.
        groups: (Q,) int64, number of each query's group.
        resamples, seed: of the bootstrap.
    """
    queries = np.flatnonzero(counts > 0)
    by = CLASS_ATTRIBUTE if class_map else relevant[0]
    classes, names = numbered(class_names([items[query] for query in queries.tolist()], by))
    _, together = np.unique(groups[queries], return_inverse=True)
    bootstrap = ClusterBootstrap(together.astype(np.int64), resamples=resamples, seed=seed)
    right = {space: _right(relevance, ranked, queries) for space, ranked in found.items()}
    values = {
        space: np.stack([score(metric, lists, counts[queries], k) for k, metric in _COLUMNS], axis=1)
        for space, lists in right.items()
    }
    resampled = {space: bootstrap.means(scores) for space, scores in values.items()}
    unlabelled = sum(wanted is None for wanted in relevance.wanted)
    measurement = Measurement(
        relevant=tuple(relevant),
        exclude_same=tuple(exclude_same),
        exclude_pictures=exclude_pictures,
        queries=len(queries),
        groups=int(together.max()) + 1,
        unlabelled=unlabelled,
        without_relevant=len(items) - len(queries) - unlabelled,
        classes_by=by,
        spaces=[
            _figures(space, right[space], values[space], resampled[space], bootstrap, classes, names) for space in found
        ],
        differences=[
            Difference(
                space,
                minus,
                bootstrap.estimate(
                    float((values[space] - values[minus])[:, _RECALL_AT_1].mean()),
                    (resampled[space] - resampled[minus])[:, _RECALL_AT_1],
                ),
            )
            for space, minus in _COMPARED
            if space in found and minus in found
        ],
    )
    return Judged(measurement, queries, counts[queries], right)


def _right(relevance: Relevance, ranked: Ranked, queries: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.stack([relevance.relevant(query, ranked.rows[query]) for query in queries.tolist()])


def _figures(
    space: SpaceName,
    right: NDArray[np.bool_],
    values: NDArray[np.float64],
    resampled: NDArray[np.float64],
    bootstrap: ClusterBootstrap,
    classes: NDArray[np.int64],
    names: Sequence[str],
) -> SpaceFigures:
    means = values.mean(axis=0).tolist()
    estimates = {
        column: bootstrap.estimate(means[position], resampled[:, position]) for position, column in enumerate(_COLUMNS)
    }
    of_class = {
        column: np.bincount(classes, values[:, _COLUMNS.index(column)]) / np.bincount(classes)
        for column in ((1, "recall"), (CLASS_K, "precision"), (CLASS_K, "mean_average_precision"))
    }
    precision = values[:, _COLUMNS.index((CLASS_K, "precision"))]
    return SpaceFigures(
        space=space,
        at=[
            MetricsAt(k, estimates[k, "recall"], estimates[k, "precision"], estimates[k, "mean_average_precision"])
            for k in KS
        ],
        macro_precision_at_10=bootstrap.estimate(
            macro_mean(precision, classes), bootstrap.macro_means(precision, classes)
        ),
        recall_curve=[float(recall_at(right, k).mean()) for k in range(1, DEEPEST + 1)],
        precision_curve=[float(precision_at(right, k).mean()) for k in range(1, DEEPEST + 1)],
        classes=[
            ClassFigures(name, count, *figures)
            for name, count, *figures in zip(
                names,
                np.bincount(classes).tolist(),
                *(column.tolist() for column in of_class.values()),
                strict=True,
            )
        ],
    )

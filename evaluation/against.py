"""Two networks compared in pairs: the same queries, the same gallery, the same resamples."""

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import ModelIdentity
from evaluation.bootstrap import ClusterBootstrap, Estimate, macro_mean, numbered
from evaluation.evaluated_set import EvaluatedSet
from evaluation.evaluating import Evaluation
from evaluation.findings import Against, PairedMeasure, PairedSpace, Verdict
from evaluation.judging import Judged
from evaluation.metrics import Metric, score
from evaluation.relevance import class_names
from evaluation.settings import CLASS_K
from evaluation.siblings import groups_by
from evaluation.spaces import SpaceName

_MEASURES: tuple[tuple[str, Metric, int], ...] = (
    ("recall@1", "recall", 1),
    ("recall@10", "recall", 10),
    ("precision@10", "precision", 10),
    ("mAP@10", "mean_average_precision", 10),
)
_PRECISION = 2
_MACRO = f"precision@{CLASS_K}, mean over classes"


def compare_networks(one: Evaluation, other: Evaluation, queries: EvaluatedSet, model: ModelIdentity) -> Against:
    """Compare two evaluations of the same queries in the same gallery, with the same settings.

    Args:
        one: of the network that is judged.
        other: of the other network.
        queries: of both.
        model: the other network.
    """
    groups = groups_by(one.findings.group, queries.items)
    spaces = [
        _paired(ours, theirs, space, queries, groups, one)
        for ours, theirs in zip(one.all_judged, other.all_judged, strict=True)
        for space in ours.right
    ]
    return Against(model, spaces)


def _paired(
    ours: Judged, theirs: Judged, space: SpaceName, queries: EvaluatedSet, groups: NDArray[np.int64], one: Evaluation
) -> PairedSpace:
    measurement, settings = ours.measurement, one.findings.settings
    _, together = np.unique(groups[ours.queries], return_inverse=True)
    bootstrap = ClusterBootstrap(together.astype(np.int64), resamples=settings.resamples, seed=settings.seed)
    values, others = (
        np.stack([score(metric, judged.right[space], judged.relevant, k) for _, metric, k in _MEASURES], axis=1)
        for judged in (ours, theirs)
    )
    # Means are linear, so the resampled difference of two means is the resampled mean of the differences.
    resampled = bootstrap.means(values - others)
    measures = [
        _measure(
            name, float(values[:, column].mean()), float(others[:, column].mean()), bootstrap, resampled[:, column]
        )
        for column, (name, _, _) in enumerate(_MEASURES)
    ]
    judged_items = [queries.items[query] for query in ours.queries.tolist()]
    classes = numbered(class_names(judged_items, measurement.classes_by))[0]
    precise, precise_other = values[:, _PRECISION], others[:, _PRECISION]
    measures.append(
        _measure(
            _MACRO,
            macro_mean(precise, classes),
            macro_mean(precise_other, classes),
            bootstrap,
            bootstrap.macro_means(precise - precise_other, classes),
        )
    )
    return PairedSpace(
        measurement.relevant,
        measurement.exclude_same,
        measurement.exclude_pictures,
        measurement.classes_by,
        measurement.queries,
        space,
        measures,
    )


def _measure(
    name: str, value: float, other: float, bootstrap: ClusterBootstrap, resampled: NDArray[np.float64]
) -> PairedMeasure:
    difference = bootstrap.estimate(value - other, resampled)
    return PairedMeasure(name, value, other, difference, _verdict(difference))


def _verdict(difference: Estimate) -> Verdict:
    if difference.low is None or difference.high is None:
        return "cannot be told"
    if difference.low <= 0.0 <= difference.high:
        return "within the noise"
    return "better" if difference.value > 0 else "worse"

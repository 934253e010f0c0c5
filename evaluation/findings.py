"""What an evaluation found, as it is written to metrics.json."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.embedding_set import ModelIdentity
from evaluation.bootstrap import Estimate
from evaluation.settings import Settings
from evaluation.spaces import SpaceName


@dataclass(frozen=True, slots=True)
class MetricsAt:
    """Means over all queries, each 0 to 1.

    Attributes:
        k: how many of the first items count.
        recall: share of queries with a relevant item among the first k.
        precision: share of relevant items among the first k, always divided by k.
        mean_average_precision: see `evaluation.metrics.average_precision_at`.
    """

    k: int
    recall: Estimate
    precision: Estimate
    mean_average_precision: Estimate


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Means over the queries of one class.

    Attributes:
        name: the class.
        queries: of it.
        recall_at_1, precision_at_10, mean_average_precision_at_10: each 0 to 1.
    """

    name: str
    queries: int
    recall_at_1: float
    precision_at_10: float
    mean_average_precision_at_10: float


@dataclass(frozen=True, slots=True)
class SpaceFigures:
    """The figures of one space.

    Attributes:
        space: which.
        at: at each k.
        macro_precision_at_10: mean over classes of their precision at 10, so that a rare class weighs as much as
            a frequent one.
        recall_curve, precision_curve: at k = 1, 2, ... to the largest k.
        classes: in alphabetical order.
    """

    space: SpaceName
    at: Sequence[MetricsAt]
    macro_precision_at_10: Estimate
    recall_curve: Sequence[float]
    precision_curve: Sequence[float]
    classes: Sequence[ClassFigures]


@dataclass(frozen=True, slots=True)
class Difference:
    """Recall at 1 of one space minus that of another, of the same queries in the same resamples.

    Attributes:
        space, minus: the two spaces.
        recall_at_1: the difference; where its interval excludes 0, it is no chance of these queries.
    """

    space: SpaceName
    minus: SpaceName
    recall_at_1: Estimate


@dataclass(frozen=True, slots=True)
class Measurement:
    """All figures under one meaning of relevant, with or without the query's siblings.

    Attributes:
        relevant: attributes that had to be equal.
        exclude_same: attributes of which one equal value made a gallery item be left out; none: all took part.
        queries: those that were judged.
        groups: how many groups they make, of which each was resampled as a whole.
        unlabelled: queries left out because they lack an attribute, or their class is not in the class map.
        without_relevant: queries left out because the gallery holds nothing right for them.
        classes_by: what tells the classes apart: the attribute.
        spaces: figures of each.
        differences: of each two spaces.
    """

    relevant: Sequence[str]
    exclude_same: Sequence[str]
    queries: int
    groups: int
    unlabelled: int
    without_relevant: int
    classes_by: str
    spaces: Sequence[SpaceFigures]
    differences: Sequence[Difference]


@dataclass(frozen=True, slots=True)
class SpaceFacts:
    """How a space was made and searched.

    Attributes:
        space: which.
        components: dimensions.
        explained_variance: share of the gallery's variance that the reduction keeps; None in the full space.
        rerank: how many of the first were put in order by the full embeddings; 0 for none.
        searches: queries searched, those searched again without siblings included.
        seconds: what the searches took.
    """

    space: SpaceName
    components: int
    explained_variance: float | None
    rerank: int
    searches: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything an evaluation found.

    Attributes:
        model: who made both sets of embeddings.
        settings: what was asked.
        gallery: items searched.
        queries: items searched for, before any was left out for want of labels.
        queries_in_gallery: those that are gallery items themselves, and were not counted as found.
        group: attribute by which queries were resampled together; empty: each alone.
        exclude_same: attributes by which siblings were left out in the second measurement; empty: there is none.
        spaces: how each was made.
        measurements: for each meaning of relevant one, or one with and one without siblings.
        notes: sentences on what could not be measured.
    """

    model: ModelIdentity
    settings: Settings
    gallery: int
    queries: int
    queries_in_gallery: int
    group: str
    exclude_same: Sequence[str]
    spaces: Sequence[SpaceFacts]
    measurements: Sequence[Measurement]
    notes: Sequence[str]

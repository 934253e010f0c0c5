"""The results of an evaluation, as written to metrics.json."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from contracts.embedding_set import ModelIdentity
from contracts.shared_pictures import SharedPictures
from evaluation.bootstrap import Estimate
from evaluation.confusion import Confusion
from evaluation.score_histogram import ScoreHistogram
from evaluation.settings import Settings
from evaluation.spaces import SpaceName

Verdict = Literal["better", "worse", "within the noise", "cannot be told"]


@dataclass(frozen=True, slots=True)
class MetricsAt:
    """Means over all queries, each 0 to 1.

    Attributes:
        k: number of first results that count.
        recall: share of queries with a relevant item among the first k.
        precision: share of relevant items among the first k; always divided by k.
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
        name: of the class.
        queries: number of its queries.
        recall_at_1, precision_at_10, mean_average_precision_at_10: each 0 to 1.
    """

    name: str
    queries: int
    recall_at_1: float
    precision_at_10: float
    mean_average_precision_at_10: float


@dataclass(frozen=True, slots=True)
class SpaceFigures:
    """The metrics of one space.

    Attributes:
        space: its name.
        at: the metrics at each k.
        macro_precision_at_10: mean over classes of their precision at 10, so that a rare class weighs as much as
            a frequent one.
        recall_curve, precision_curve: values at k = 1, 2, ... up to the largest k.
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
    """Recall at 1 of one space minus that of another, for the same queries in the same resamples.

    Attributes:
        space, minus: the two spaces.
        recall_at_1: the difference; it is significant for these queries if the interval excludes 0.
    """

    space: SpaceName
    minus: SpaceName
    recall_at_1: Estimate


@dataclass(frozen=True, slots=True)
class Measurement:
    """All metrics under one definition of relevant, with or without the query's siblings.

    Attributes:
        relevant: attributes that must be equal.
        exclude_same: a gallery item is left out if it shares the query's value of one of these attributes; empty if
            no item was left out.
        exclude_pictures: whether items with the query's picture were left out, too.
        queries: number of queries judged.
        groups: number of groups of queries; each was resampled as a whole.
        unlabelled: number of queries left out because they lack an attribute, or their class is not in the class map.
        without_relevant: number of queries left out because the gallery has no right item for them.
        classes_by: the attribute that defines the classes.
        spaces: metrics of each space.
        differences: between each two spaces.
    """

    relevant: Sequence[str]
    exclude_same: Sequence[str]
    exclude_pictures: bool
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
        space: its name.
        components: dimensions.
        explained_variance: share of the gallery's variance that the reduction keeps; None in the full space.
        rerank: number of first results that were re-ranked by the full embeddings; 0 for none.
        searches: number of searches, including those repeated without siblings.
        seconds: duration of the searches.
    """

    space: SpaceName
    components: int
    explained_variance: float | None
    rerank: int
    searches: int
    seconds: float


@dataclass(frozen=True, slots=True)
class PairedMeasure:
    """One measure of both networks.

    Attributes:
        measure: its name.
        value, other: of the evaluated network and of the other one.
        difference: value minus other, with its interval.
        verdict: on the evaluated network; `within the noise` if the interval holds 0, `cannot be told` if the queries
            are a single group.
    """

    measure: str
    value: float
    other: float
    difference: Estimate
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class PairedSpace:
    """All measures of one space, under one definition of relevant, with or without siblings.

    Attributes:
        relevant, exclude_same, exclude_pictures, classes_by, queries: as in `Measurement`.
        space: its name.
        measures: recall@1 first.
    """

    relevant: Sequence[str]
    exclude_same: Sequence[str]
    exclude_pictures: bool
    classes_by: str
    queries: int
    space: SpaceName
    measures: Sequence[PairedMeasure]


@dataclass(frozen=True, slots=True)
class Against:
    """The evaluated network beside another one.

    Attributes:
        model: the other network.
        spaces: the comparisons.
    """

    model: ModelIdentity
    spaces: Sequence[PairedSpace]


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Items that share a picture.

    Attributes:
        gallery: of the gallery, byte by byte.
        queries: number of queries whose picture another gallery item has as well, or nearly.
        nearly: how many of these have a nearly equal one, by their embeddings.
    """

    gallery: SharedPictures
    queries: int
    nearly: int


@dataclass(frozen=True, slots=True)
class Findings:
    """All results of an evaluation.

    Attributes:
        model: the model that made both sets of embeddings.
        settings: of this evaluation.
        gallery: number of items searched.
        queries: number of queries, including those left out because they lack labels.
        queries_in_gallery: number of queries that are gallery items themselves; none was in its own results.
        group: attribute by which queries were resampled together; empty: each alone.
        exclude_same: attributes by which siblings were left out in the second measurement; empty if there is none.
        duplicates: items that share a picture.
        spaces: how each was made.
        measurements: for each definition of relevant one, or one with and one without siblings.
        notes: sentences on what could not be measured.
        confusions: what was asked for and what was given, for each first attribute of the definitions of relevant.
        scores: for each definition of relevant; empty if the space `served` was not measured: a `min_score`
            is compared with its scores.
        name: of this set of queries.
        against: another network beside this one; None if there is none.
    """

    model: ModelIdentity
    settings: Settings
    gallery: int
    queries: int
    queries_in_gallery: int
    group: str
    exclude_same: Sequence[str]
    duplicates: Duplicates
    spaces: Sequence[SpaceFacts]
    measurements: Sequence[Measurement]
    notes: Sequence[str]
    confusions: Sequence[Confusion] = ()
    scores: Sequence[ScoreHistogram] = ()
    name: str = ""
    against: Against | None = None

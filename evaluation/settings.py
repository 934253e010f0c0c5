"""Settings of an evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evaluation.bootstrap import RESAMPLES
from evaluation.spaces import SPACE_NAMES, ReductionSettings, SpaceName

KS = (1, 5, 10, 20)
DEEPEST = max(KS)
CLASS_K = 10


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one run.

    Attributes:
        relevant: one or more definitions of relevant, each a list of attributes that an item must share with the query.
        reduction: of the spaces `reduced` and `served`.
        spaces: those to measure.
        class_map: query class -> values of the first attribute that are right for it, see `evaluation.relevance.judge`.
        group: queries with the same value of this attribute are resampled together; empty for none, None for the title
            if queries have one.
        exclude_same: attributes by which a second measurement leaves siblings out of the gallery; empty for no such
            measurement, None for the title if both sides have one.
        resamples: number of bootstrap resamples.
        seed: of the bootstrap and of the choice of queries to show.
    """

    relevant: Sequence[Sequence[str]]
    reduction: ReductionSettings
    spaces: Sequence[SpaceName] = SPACE_NAMES
    class_map: Mapping[str, frozenset[str]] | None = None
    group: str | None = None
    exclude_same: Sequence[str] | None = None
    resamples: int = RESAMPLES
    seed: int = 0

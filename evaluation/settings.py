"""What an evaluation is asked to do."""

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
        relevant: one meaning of relevant or more: the attributes that an item shares with the query, all of them.
        reduction: of the spaces that reduce.
        spaces: which are measured.
        class_map: query class -> values of the first attribute that are right for it, see `evaluation.relevance.judge`.
        group: attribute whose values hold queries together in the bootstrap; empty for none, None for the title
            where queries have one.
        exclude_same: attributes by which a second measurement leaves siblings out of the gallery; empty for no such
            measurement, None for the title where both sides have one.
        resamples: of the bootstrap.
        seed: of the bootstrap and of the queries that are shown.
    """

    relevant: Sequence[Sequence[str]]
    reduction: ReductionSettings
    spaces: Sequence[SpaceName] = SPACE_NAMES
    class_map: Mapping[str, frozenset[str]] | None = None
    group: str | None = None
    exclude_same: Sequence[str] | None = None
    resamples: int = RESAMPLES
    seed: int = 0

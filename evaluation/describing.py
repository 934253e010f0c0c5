"""What the first results of an evaluation were, and with which scores: with all items in the gallery."""

from collections.abc import Mapping, Sequence

import numpy as np

from contracts.items import Item
from evaluation.confusion import Confusion, confusion
from evaluation.evaluated_set import EvaluatedSet
from evaluation.exclusions import Exclusions
from evaluation.judging import Judged
from evaluation.ranked import Ranked
from evaluation.score_histogram import Auto, ScoreHistogram, auto_cut, score_histogram
from evaluation.settings import Settings
from evaluation.spaces import SHOWN_FIRST, OpenGallery, SpaceName
from index.resemblance import resemblance_from

# Counting all items that resemble a query takes about as long as a search, and fewer queries give the same shares.
_AUTO_QUERIES = 1_000


def confusions(
    judged: Sequence[Judged],
    found: Mapping[SpaceName, Ranked],
    queries: Sequence[Item],
    gallery: Sequence[Item],
    settings: Settings,
) -> list[Confusion]:
    """What was asked for and what was given, once for each first attribute of the definitions of relevant.

    Args:
        judged: of each definition.
        found: for each space the results of all queries.
        queries: all queries.
        gallery: the items searched.
        settings: of the evaluation.
    """
    space = next(name for name in SHOWN_FIRST if name in found)
    counted: dict[str, Confusion | None] = {}
    for verdict in judged:
        given_by = verdict.measurement.relevant[0]
        if given_by not in counted:
            counted[given_by] = confusion(
                found[space].rows[verdict.queries],
                [queries[query] for query in verdict.queries.tolist()],
                gallery,
                asked_by=verdict.measurement.classes_by,
                given_by=given_by,
                class_map=settings.class_map,
                space=space,
            )
    return [one for one in counted.values() if one is not None]


def score_histograms(
    judged: Sequence[Judged],
    found: Mapping[SpaceName, Ranked],
    queries: EvaluatedSet,
    left_out: Exclusions,
    opened: OpenGallery,
    seed: int,
) -> list[ScoreHistogram]:
    """The scores of right and of wrong results for each definition of relevant; none if nothing was searched as served.

    Args:
        judged: of each definition.
        found: for each space the results of all queries.
        queries: all queries.
        left_out: for each query the rows that it did not find.
        opened: the gallery.
        seed: of the choice of queries that `min_score=auto` is measured on.
    """
    served = found.get("served")
    if served is None:
        return []
    ends = None if opened.columns is None else resemblance_from(opened.columns)
    histograms = []
    for verdict in judged:
        right = verdict.right["served"]
        ranked = Ranked(served.rows[verdict.queries], served.similarities[verdict.queries])
        auto: Auto | None = None
        if ends is not None:
            some = np.sort(np.random.default_rng(seed).permutation(len(verdict.queries))[:_AUTO_QUERIES])
            asked = verdict.queries[some].tolist()
            embeddings = np.asarray(queries.embeddings.embeddings[asked])
            matches = opened.resembling(embeddings, [left_out[query] for query in asked], ends)
            auto = auto_cut(ends, matches, ranked.rows[some], right[some])
        histograms.append(score_histogram(ranked, right, auto))
    return histograms

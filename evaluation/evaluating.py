"""Evaluating a gallery with queries: search, judge, measure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from contracts.errors import EmbeddingsError
from contracts.progress import Progress, unseen
from contracts.shared_pictures import shared_pictures
from evaluation.describing import confusions, score_histograms
from evaluation.evaluated_set import EvaluatedSet
from evaluation.exclusions import themselves, with_siblings
from evaluation.findings import Duplicates, Findings, SpaceFacts
from evaluation.judging import Judged, judge_ranked
from evaluation.ranked import Ranked
from evaluation.relevance import Relevance, judge
from evaluation.same_pictures import SamePictures, same_pictures
from evaluation.searching import Scenario, search_space, searched_queries
from evaluation.settings import Settings
from evaluation.siblings import excluding_attributes, grouping_attribute, groups_by
from evaluation.spaces import OpenGallery, SpaceName, open_gallery


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The findings, and the results behind them, for the report.

    Attributes:
        findings: all metrics.
        found: for each space, the results of each query with its siblings in the gallery.
        judged: for each definition of relevant, which of these results are right.
        all_judged: the same for all measurements, in the order of the findings.
        relevances: for each definition of relevant, which items are right.
    """

    findings: Findings
    found: Mapping[SpaceName, Ranked]
    judged: Sequence[Judged]
    all_judged: Sequence[Judged]
    relevances: Sequence[Relevance]


def evaluate(
    gallery: EvaluatedSet,
    queries: EvaluatedSet,
    settings: Settings,
    progress: Progress = unseen,
    *,
    same: SamePictures | None = None,
    opened: OpenGallery | None = None,
    name: str = "",
) -> Evaluation:
    """Search the gallery for each query, and judge the results under each definition of relevant.

    A query that is itself a gallery item (same id and same picture) is left out of its own results.

    Args:
        gallery: the items to search.
        queries: the items to search for.
        settings: what to measure, and how.
        progress: called with (searches done, searches in all).
        same: gallery items with the picture of a query; None looks for them.
        opened: the gallery, opened for the spaces of the settings with their reduction; None opens it.
        name: of the set of queries.

    Raises:
        EmbeddingsError: the sets are from different models, an attribute is unknown, no query can be judged, or none
            has a relevant item.
        BundleError: the gallery cannot be reduced.
    """
    check_comparable(gallery, queries)
    group = grouping_attribute(settings.group, queries.items)
    relevances = [
        judge(queries.items, gallery.items, attributes, settings.class_map) for attributes in settings.relevant
    ]
    same = same or same_pictures(gallery, queries)
    scenarios = _scenarios(gallery, queries, relevances, same, settings)
    if opened is None:
        opened = open_gallery(
            gallery.embeddings.embeddings, settings.spaces, settings.reduction, gallery.embeddings.model
        )
    spaces = opened.spaces(queries.embeddings.embeddings)
    count = _Count(len(spaces) * sum(len(searched) for searched in searched_queries(scenarios)), progress)
    facts: list[SpaceFacts] = []
    found: list[dict[SpaceName, Ranked]] = [{} for _ in scenarios]
    for space in spaces:
        ranked, fact = search_space(space, scenarios, rerank=settings.reduction.rerank, progress=count.add)
        facts.append(fact)
        for of_scenario, lists in zip(found, ranked, strict=True):
            of_scenario[space.name] = lists
    groups = groups_by(group, queries.items)
    judged: list[list[Judged]] = [[] for _ in relevances]
    notes = [*gallery.notes, *queries.notes]
    for scenario, ranked_lists in zip(scenarios, found, strict=True):
        for position, relevance in enumerate(relevances):
            attributes = settings.relevant[position]
            if not scenario.counts[position].any():
                notes.append(_nothing_left(scenario, attributes))
                continue
            verdict = judge_ranked(
                relevance,
                scenario.counts[position],
                ranked_lists,
                queries.items,
                relevant=attributes,
                exclude_same=scenario.exclude_same,
                exclude_pictures=scenario.exclude_pictures,
                class_map=settings.class_map is not None,
                groups=groups,
                resamples=settings.resamples,
                seed=settings.seed,
            )
            judged[position].append(verdict)
    plain = [verdicts[0] for verdicts in judged]
    findings = Findings(
        model=gallery.embeddings.model,
        settings=settings,
        gallery=len(gallery.items),
        queries=len(queries.items),
        queries_in_gallery=sum(len(rows) > 0 for rows in scenarios[0].left_out),
        group=group,
        exclude_same=scenarios[-1].exclude_same,
        duplicates=Duplicates(
            shared_pictures(gallery.items, gallery.pictures),
            queries=sum(len(rows) > 0 for rows in same.rows),
            nearly=int(same.nearly.sum()),
        ),
        spaces=facts,
        measurements=[verdict.measurement for verdicts in judged for verdict in verdicts],
        notes=notes,
        confusions=confusions(plain, found[0], queries.items, gallery.items, settings),
        scores=score_histograms(plain, found[0], queries, scenarios[0].left_out, opened, settings.seed),
        name=name,
    )
    return Evaluation(
        findings,
        found[0],
        plain,
        [verdict for verdicts in judged for verdict in verdicts],
        relevances,
    )


def check_comparable(gallery: EvaluatedSet, queries: EvaluatedSet) -> None:
    """Refuse sets that cannot be compared.

    Raises:
        EmbeddingsError: one of them is empty, or they are from different models.
    """
    for whose, evaluated in (("gallery", gallery), ("queries", queries)):
        if not evaluated.items:
            raise EmbeddingsError(f"no items in the {whose}; extract a catalogue with readable pictures")
    of_gallery, of_queries = gallery.embeddings.model.version, queries.embeddings.model.version
    if of_gallery != of_queries:
        raise EmbeddingsError(
            f"the gallery's embeddings are from {of_gallery} and the queries' from {of_queries}, so they cannot be "
            "compared; extract one of them again with the other's --checkpoint"
        )


class _Count:
    """Counts the searches done and reports them."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._done = 0
        self._total = total
        self._progress = progress

    def add(self, more: int) -> None:
        self._done += more
        self._progress(self._done, self._total)


def _scenarios(
    gallery: EvaluatedSet,
    queries: EvaluatedSet,
    relevances: Sequence[Relevance],
    same: SamePictures,
    settings: Settings,
) -> list[Scenario]:
    alone = themselves(gallery, queries)
    plain = Scenario((), False, alone, [relevance.counts(alone) for relevance in relevances])
    for attributes, count in zip(settings.relevant, plain.counts, strict=True):
        if not count.any():
            mapped = settings.class_map is not None
            raise EmbeddingsError(
                f"no gallery item is right for any of the {len(queries.items)} queries by {', '.join(attributes)}; "
                f"{'check the values that the class map names, ' if mapped else ''}name fewer attributes with "
                "--relevant, or evaluate against another gallery"
            )
    exclude_same = excluding_attributes(settings.exclude_same, gallery.items, queries.items)
    shared = any(len(rows) > 0 for rows in same.rows)
    if not exclude_same and (settings.exclude_same is not None or not shared):
        return [plain]
    left_out = with_siblings(gallery.items, queries.items, exclude_same, alone)
    left_out = [np.union1d(rows, others) for rows, others in zip(left_out, same.rows, strict=True)]
    return [plain, Scenario(exclude_same, True, left_out, [relevance.counts(left_out) for relevance in relevances])]


def _nothing_left(scenario: Scenario, relevant: Sequence[str]) -> str:
    shared = " or ".join([*scenario.exclude_same, "picture"])
    return (
        f"Without the items that share the query's {shared}, the gallery has no right item for any "
        f"query by {', '.join(relevant)}, so this was not measured."
    )

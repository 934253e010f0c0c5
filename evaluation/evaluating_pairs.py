"""Evaluating a network beside another one: over the items that both have."""

from collections.abc import Sequence
from dataclasses import replace

from contracts.progress import Progress
from evaluation.against import compare_networks
from evaluation.common_items import Common, common_items
from evaluation.evaluated_set import EvaluatedSet
from evaluation.evaluating import Evaluation
from evaluation.evaluating_sets import evaluate_sets, naming
from evaluation.same_pictures import GalleryPictures, SamePictures
from evaluation.set_settings import PreparedSet
from evaluation.settings import Settings

Pair = tuple[EvaluatedSet, EvaluatedSet]


def evaluate_pair(ours: Pair, theirs: Pair, settings: Settings, progress: Progress) -> tuple[Evaluation, Pair]:
    """Evaluate two networks on the same queries and gallery, and compare them; see `evaluate_set_pairs`.

    Args:
        ours: gallery and queries of the network that is judged.
        theirs: those of the other one.
        settings: what to measure, and how.
        progress: called with (searches done, searches in all).
    """
    prepared = PreparedSet("", ours[1], settings)
    (evaluation,), gallery, (queries,) = evaluate_set_pairs(
        ours[0], [prepared], theirs[0], [theirs[1]], settings, progress
    )
    return evaluation, (gallery, queries)


def evaluate_set_pairs(
    gallery: EvaluatedSet,
    sets: Sequence[PreparedSet],
    other_gallery: EvaluatedSet,
    other_queries: Sequence[EvaluatedSet],
    settings: Settings,
    progress: Progress,
) -> tuple[list[Evaluation], EvaluatedSet, list[EvaluatedSet]]:
    """Evaluate two networks on the same sets of queries and the same gallery, and compare them set by set.

    Args:
        gallery, sets: of the network that is judged.
        other_gallery, other_queries: those of the other one, in the same order; items that only one of the two has are
            left out, and counted in the notes.
        settings: what to measure, and how.
        progress: called with (searches done, searches in all), of one network after the other.

    Returns:
        The evaluations of ours with the comparison in their findings; the gallery and the queries that they are of.

    Raises:
        EmbeddingsError: they have no items in common; or see `evaluate_sets`.
        BundleError: a gallery cannot be reduced.
    """
    common = common_items(gallery, other_gallery, what="gallery items")
    shared = []
    for prepared, other in zip(sets, other_queries, strict=True):
        with naming(prepared.name, alone=len(sets) == 1):
            shared.append(common_items(prepared.queries, other, what="queries"))
    # Nearly the same by one network is left out for both, so that both search the same gallery.
    by_ours = _same(common.one, [queries.one for queries in shared])
    by_theirs = _same(common.other, [queries.other for queries in shared])
    same = [one.joined(other) for one, other in zip(by_ours, by_theirs, strict=True)]
    # One network after the other, so that only one of the two galleries is open.
    theirs, ours = (
        evaluate_sets(
            searched,
            [replace(prepared, queries=queries) for prepared, queries in zip(sets, asked, strict=True)],
            settings,
            progress,
            same=same,
        )
        for searched, asked in (
            (common.other, [queries.other for queries in shared]),
            (common.one, [queries.one for queries in shared]),
        )
    )
    evaluations = [
        _compared(one, other, queries, common, one_folder=prepared.queries.items is gallery.items)
        for one, other, queries, prepared in zip(ours, theirs, shared, sets, strict=True)
    ]
    return evaluations, common.one, [queries.one for queries in shared]


def _same(gallery: EvaluatedSet, queries: Sequence[EvaluatedSet]) -> list[SamePictures]:
    pictures = GalleryPictures(gallery)
    return [pictures.same_as(asked) for asked in queries]


def _compared(one: Evaluation, other: Evaluation, queries: Common, gallery: Common, *, one_folder: bool) -> Evaluation:
    against = compare_networks(one, other, queries.one, other.findings.model)
    said = [gallery.left_out("gallery items"), None if one_folder else queries.left_out("queries")]
    notes = [*one.findings.notes, *(sentence for sentence in said if sentence is not None)]
    return replace(one, findings=replace(one.findings, notes=notes, against=against))

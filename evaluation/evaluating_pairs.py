"""Evaluating a network beside another one: over the items that both have."""

from dataclasses import replace

from contracts.progress import Progress
from evaluation.against import compare_networks
from evaluation.common_items import Common, common_items
from evaluation.evaluated_set import EvaluatedSet
from evaluation.evaluating import Evaluation, evaluate
from evaluation.same_pictures import same_pictures
from evaluation.settings import Settings

Pair = tuple[EvaluatedSet, EvaluatedSet]


def evaluate_pair(ours: Pair, theirs: Pair, settings: Settings, progress: Progress) -> tuple[Evaluation, Pair]:
    """Evaluate two networks on the same queries and gallery, and compare them.

    Args:
        ours: gallery and queries of the network that is judged.
        theirs: those of the other one; items that only one of the two has are left out, and counted in the notes.
        settings: what to measure, and how.
        progress: called with (searches done, searches in all), of both.

    Returns:
        The evaluation of ours with the comparison in its findings, and the gallery and queries that it is of.

    Raises:
        EmbeddingsError: they have no items in common; or see `evaluation.evaluating.evaluate`.
        BundleError: a gallery cannot be reduced.
    """
    gallery = common_items(ours[0], theirs[0], what="gallery items")
    queries = common_items(ours[1], theirs[1], what="queries")
    # Nearly the same by one network is left out for both, so that both search the same gallery.
    same = same_pictures(gallery.one, queries.one).joined(same_pictures(gallery.other, queries.other))
    other = evaluate(
        gallery.other, queries.other, settings, lambda done, of, text="", /: progress(done, 2 * of, text), same=same
    )
    one = evaluate(
        gallery.one, queries.one, settings, lambda done, of, text="", /: progress(of + done, 2 * of, text), same=same
    )
    against = compare_networks(one, other, queries.one, other.findings.model)
    notes = [*one.findings.notes, *_left_out(gallery, queries, one_folder=ours[0].items is ours[1].items)]
    findings = replace(one.findings, notes=notes, against=against)
    return replace(one, findings=findings), (gallery.one, queries.one)


def _left_out(gallery: Common, queries: Common, *, one_folder: bool) -> list[str]:
    said = [gallery.left_out("gallery items"), None if one_folder else queries.left_out("queries")]
    return [sentence for sentence in said if sentence is not None]

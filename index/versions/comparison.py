"""Comparison of two bundles, their items and their answers, for promotion and `lookalike index diff`."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.progress import Progress
from index.bundle import Bundle
from index.part_searcher import PartSearcher
from index.searcher import Searcher
from index.versions.defaults import SAMPLED
from index.versions.fine_recall import FineRecall, check_attributes, fine_recall, usual_attributes
from index.versions.golden import GoldenQuery
from index.versions.golden_recall import GoldenRecall, golden_recall
from index.versions.held_out_items import held_out_ids
from index.versions.item_changes import ItemChanges, item_changes
from index.versions.kind_changes import KindChange, kind_changes
from index.versions.repeating import repeated
from index.versions.replay import Answers, common_items, replay, sample_of

_CHANGED_SHOWN = 10
# Of fewer, the share of right ones is uncertain by more than 0.09.
_FEWEST_HELD_OUT = 30


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two bundles.

    Attributes:
        version: its name.
        created: UTC time of the build, ISO 8601.
        model: version of the network.
        items: number of items.
        scaling, components, whitened: of its reduction.
        explained_variance: share of the variance that the components keep, 0 to 1.
    """

    version: str
    created: str
    model: str
    items: int
    scaling: str
    components: int
    whitened: bool
    explained_variance: float


@dataclass(frozen=True, slots=True)
class ChangedQuery:
    """A sampled item and its look-alikes in each bundle.

    Attributes:
        item: id of the query.
        overlap: share of the first ten that both bundles find, 0 to 1.
        old, new: ids of the first ten look-alikes.
    """

    item: str
    overlap: float
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two bundles differ.

    Attributes:
        old, new: the two bundles.
        items: items added, removed and relabelled.
        kinds: columns whose kind changed.
        sampled: number of items in both bundles that were used as queries.
        held_out: whether these were held out from the training of both networks.
        overlap: mean share of the first ten look-alikes that both bundles find, 0 to 1; None if nothing was sampled.
        recall: fine recall; None if it was left out.
        golden: None if there are no golden queries.
        most_changed: the ten sampled queries with the smallest overlap, smallest first; without unchanged ones.
        notes: what was left out and why, and what was chosen by default; a sentence each.
    """

    old: Side
    new: Side
    items: ItemChanges
    kinds: tuple[KindChange, ...]
    sampled: int
    held_out: bool
    overlap: float | None
    recall: FineRecall | None
    golden: GoldenRecall | None
    most_changed: tuple[ChangedQuery, ...]
    notes: tuple[str, ...]


def compare(
    old: Bundle,
    new: Bundle,
    *,
    golden: Sequence[GoldenQuery] = (),
    relevant: Sequence[str] | None = None,
    sample: int = SAMPLED,
    searchers: tuple[Searcher, Searcher] | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Compare the items of two bundles, and their answers to golden and sampled queries.

    Args:
        golden: queries with answers that a person has chosen.
        relevant: attributes in which the first look-alike should agree with the query; None: those of
            `usual_attributes` that are also `repeated` in one of the bundles.
        sample: number of items in both bundles to use as queries: held-out ones, if the networks' records name 30.
        searchers: who is asked for the answers of the old and the new bundle; None: both are searched in memory.
        progress: called with the numbers of queries done and of all queries.

    Raises:
        BundleError: a bundle lacks one of the attributes.
    """
    notes: list[str] = []
    on_sampling: list[str] = []
    if relevant is not None:
        check_attributes(old, new, relevant)
    common = common_items(old, new)
    new_to_both = _new_to_both(old, new, common, on_sampling) if golden or (sample and common) else None
    use_held_out = new_to_both is not None and len(new_to_both) >= _FEWEST_HELD_OUT
    if new_to_both is not None and not use_held_out and sample:
        on_sampling.append(
            f"only {len(new_to_both):,} of the items in both bundles were held out from training, so the sample is of "
            "all of them"
        )
    sampled = sample_of([item for item in common if item in (new_to_both or ())] if use_held_out else common, sample)
    asked = searchers or (PartSearcher.of(old), PartSearcher.of(new))
    answers = replay(*asked, [*(query.item for query in golden), *sampled], progress)
    golden_answers, answers = answers[: len(golden)], answers[len(golden) :]
    if not sampled:
        notes.append("no item is in both bundles, so their answers cannot be compared")
    if relevant is None:
        relevant = _usual(old, new, answers, notes)
    recall = fine_recall(old, new, answers, relevant) if relevant else None
    if sampled and relevant and recall is None:
        notes.append(f"fine recall is left out: no sampled item has {' and '.join(relevant)} in both bundles")
    return Comparison(
        old=_side(old),
        new=_side(new),
        items=item_changes(old.items, new.items),
        kinds=kind_changes(old, new),
        sampled=len(sampled),
        held_out=use_held_out,
        overlap=sum(answer.overlap for answer in answers) / len(answers) if answers else None,
        recall=recall,
        golden=golden_recall(golden, golden_answers, new_to_both) if golden else None,
        most_changed=_most_changed(answers),
        notes=(*notes, *on_sampling),
    )


def _new_to_both(old: Bundle, new: Bundle, common: Sequence[str], notes: list[str]) -> frozenset[str] | None:
    """Ids of the common items that neither network was trained on; None, and a note, if their records do not say."""
    found = frozenset(common)
    for bundle in (old, new) if old.model != new.model else (old,):
        try:
            ids = held_out_ids(bundle)
        except LookupError as reason:
            notes.append(f"the sample may hold items that were trained on: {reason}")
            return None
        found = found if ids is None else found & ids
    return found


def _usual(old: Bundle, new: Bundle, answers: Sequence[Answers], notes: list[str]) -> list[str]:
    """The attributes of fine recall where none were asked for, and notes on the choice."""
    usual = usual_attributes(old, new)
    found = repeated(old, usual, [(answer.item, answer.old or ()) for answer in answers])
    found |= repeated(new, usual, [(answer.item, answer.new or ()) for answer in answers])
    kept = [name for name in usual if name in found]
    left = [name for name in usual if name not in found]
    if kept:
        notes.append(f"fine recall compares {', '.join(kept)}; --relevant chooses other attributes")
    elif not left:
        notes.append(
            "fine recall is left out: no text attribute has 2 to 200 values and is known for half of the items "
            "in both bundles; choose attributes with --relevant"
        )
    if left and answers:
        said = "fine recall leaves out" if kept else "fine recall is left out, as it would only compare"
        notes.append(f"{said} {', '.join(left)}: look-alikes share these hardly more often than any two items do")
    return kept


def _side(bundle: Bundle) -> Side:
    reduction = bundle.reduction
    return Side(
        version=bundle.version,
        created=bundle.created,
        model=bundle.model.version,
        items=len(bundle.items),
        scaling=reduction.scaling,
        components=reduction.components,
        whitened=reduction.whitened,
        explained_variance=float(reduction.explained_variance_ratio.sum()),
    )


def _most_changed(answers: Sequence[Answers]) -> tuple[ChangedQuery, ...]:
    changed = sorted((answer for answer in answers if answer.overlap < 1.0), key=lambda answer: answer.overlap)
    return tuple(
        ChangedQuery(answer.item, answer.overlap, answer.old or (), answer.new or ())
        for answer in changed[:_CHANGED_SHOWN]
    )

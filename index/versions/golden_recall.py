"""How many of the answers in golden.json are found."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from index.versions.golden import GoldenQuery
from index.versions.replay import Answers


@dataclass(frozen=True, slots=True)
class GoldenLoss:
    """A golden query that the new bundle answers worse.

    Attributes:
        item: id of the query.
        lost: expected ids that only the old bundle has among its first ten.
        missing: whether the new bundle lacks the query's item itself.
    """

    item: str
    lost: tuple[str, ...]
    missing: bool


@dataclass(frozen=True, slots=True)
class GoldenRecall:
    """Expected ids among the first ten, over all golden queries.

    Attributes:
        queries: number of golden queries.
        held_out: how many of their items were held out from the training of both networks; None if that is unknown.
        expected: number of ids expected, over all queries.
        old, new: how many of these each bundle finds.
        losses: the queries that the new bundle answers worse.
    """

    queries: int
    held_out: int | None
    expected: int
    old: int
    new: int
    losses: tuple[GoldenLoss, ...]


def golden_recall(
    golden: Sequence[GoldenQuery], answers: Sequence[Answers], held_out: Collection[str] | None
) -> GoldenRecall:
    """Judge the answers to golden queries.

    Args:
        answers: one for each query, in the same order.
        held_out: ids of the items that neither network was trained on; None if that is unknown.
    """
    old = new = 0
    losses = []
    for query, answer in zip(golden, answers, strict=True):
        expected = set(query.expected)
        found_old, found_new = expected & set(answer.old or ()), expected & set(answer.new or ())
        old, new = old + len(found_old), new + len(found_new)
        if len(found_new) < len(found_old):
            lost = tuple(item for item in query.expected if item in found_old - found_new)
            losses.append(GoldenLoss(query.item, lost, answer.new is None))
    new_to_both = None if held_out is None else sum(query.item in held_out for query in golden)
    return GoldenRecall(len(golden), new_to_both, sum(len(query.expected) for query in golden), old, new, tuple(losses))

"""How many of the answers in golden.json are found."""

from collections.abc import Sequence
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
        expected: number of ids expected, over all queries.
        old, new: how many of these each bundle finds.
        losses: the queries that the new bundle answers worse.
    """

    queries: int
    expected: int
    old: int
    new: int
    losses: tuple[GoldenLoss, ...]


def golden_recall(golden: Sequence[GoldenQuery], answers: Sequence[Answers]) -> GoldenRecall:
    """Judge the answers to golden queries; `answers` has one for each query, in the same order."""
    old = new = 0
    losses = []
    for query, answer in zip(golden, answers, strict=True):
        expected = set(query.expected)
        found_old, found_new = expected & set(answer.old or ()), expected & set(answer.new or ())
        old, new = old + len(found_old), new + len(found_new)
        if len(found_new) < len(found_old):
            lost = tuple(item for item in query.expected if item in found_old - found_new)
            losses.append(GoldenLoss(query.item, lost, answer.new is None))
    return GoldenRecall(len(golden), sum(len(query.expected) for query in golden), old, new, tuple(losses))

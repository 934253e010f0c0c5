"""How many of the exact look-alikes an approximate version finds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contracts.progress import Progress, unseen
from index.bundle import Bundle
from index.items import ItemTable
from index.part_searcher import PartSearcher
from index.searcher import Searcher
from index.versions.budget import ROUNDING, Budget, Check
from index.versions.golden import GoldenQuery
from index.versions.held_versions import searcher_in
from index.versions.holder import Holder
from index.versions.replay import first_look_alikes

_SEED = 0


@dataclass(frozen=True, slots=True)
class MeasuredRecall:
    """Recall of an approximate version.

    Attributes:
        recall: share of the exact first ten look-alikes that it finds, mean over the queries, 0 to 1.
        queries: number of items that were asked for.
    """

    recall: float
    queries: int


def measure_recall(
    engine: Holder, bundle: Bundle, golden: Sequence[GoldenQuery], sample: int, progress: Progress = unseen
) -> MeasuredRecall | None:
    """Compare what the engine finds with the exact answers of the bundle in memory, and note the result there.

    Args:
        engine: that holds the bundle's version.
        golden: their items are asked for.
        sample: number of other items that are asked for; always the same ones.
        progress: called with the numbers of queries done and of all queries.

    Returns:
        None if there is nothing to ask.

    Raises:
        SearchUnavailableError: the engine cannot answer now; nothing was noted.
    """
    queries = [query.item for query in golden if bundle.items.row(query.item) is not None]
    queries += [item for item in _sample(bundle.items, sample) if item not in set(queries)]
    if not queries:
        return None
    recall = _recall(searcher_in(engine, bundle), PartSearcher.of(bundle), queries, progress)
    engine.note_recall(bundle.version, recall)
    return MeasuredRecall(recall, len(queries))


def recall_check(measured: MeasuredRecall | None, budget: Budget) -> Check:
    """Check the recall of an approximate version against a budget; what was not measured fails."""
    recall = 0.0 if measured is None else measured.recall
    return Check(
        "recall",
        "not measured" if measured is None else f"{recall:.4f} of the exact answers ({measured.queries:,} queries)",
        f"at least {budget.min_recall:g}",
        recall >= budget.min_recall - ROUNDING,
        "load the version without --approximate, which is exact, raise what the engine looks at for each search "
        f"(docs/search-engines.md), or allow it with --min-recall {np.floor(recall * 1000) / 1000:g}"
        if measured is not None
        else "ask for items with --sample",
    )


def _recall(asked: Searcher, exact: Searcher, queries: Sequence[str], progress: Progress) -> float:
    shares = []
    for done, item in enumerate(queries, 1):
        expected = set(first_look_alikes(exact, item) or ())
        found = set(first_look_alikes(asked, item) or ())
        shares.append(len(found & expected) / len(expected) if expected else 1.0)
        progress(done, len(queries))
    return float(np.mean(shares))


def _sample(items: ItemTable, size: int) -> list[str]:
    count = len(items)
    drawn = np.arange(count) if count <= size else np.random.default_rng(_SEED).choice(count, size, replace=False)
    return [items.id(row) for row in np.sort(drawn).tolist()]

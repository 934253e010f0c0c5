"""Searching every space for every query, with and without its siblings in the gallery."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.exclusions import Exclusions
from evaluation.findings import SpaceFacts
from evaluation.ranked import Advance, Ranked
from evaluation.settings import DEEPEST
from evaluation.spaces import Space


@dataclass(frozen=True, slots=True)
class Scenario:
    """The gallery as each query sees it.

    Attributes:
        exclude_same: a gallery item is left out if it shares the query's value of one of these attributes; empty: none.
        exclude_pictures: whether items with the query's picture are left out.
        left_out: for each query the rows left out, and the query itself.
        counts: for each definition of relevant (Q,) int64, number of right items that are left for each query.
    """

    exclude_same: tuple[str, ...]
    exclude_pictures: bool
    left_out: Exclusions
    counts: Sequence[NDArray[np.int64]]

    @property
    def worth_searching(self) -> NDArray[np.bool_]:
        """Queries with a right item to find under at least one definition of relevant: (Q,) bool."""
        return np.asarray(np.any([count > 0 for count in self.counts], axis=0))


def search_space(
    space: Space, scenarios: Sequence[Scenario], *, rerank: int, progress: Advance
) -> tuple[list[Ranked], SpaceFacts]:
    """Search one space.

    Args:
        space: ready to search.
        scenarios: the first leaves out the fewest rows. For each further one, only the queries for which it leaves out
            more are searched again.
        rerank: re-ranked results per query, copied to the facts.
        progress: called with the number of searches done since the last call.

    Returns:
        The results of all Q queries for each scenario, and facts such as the duration.
    """
    began = time.perf_counter()
    plain = scenarios[0]
    ranked = Ranked.empty(len(plain.left_out), DEEPEST)
    found: list[Ranked] = []
    searches = 0
    for scenario, queries in zip(scenarios, searched_queries(scenarios), strict=True):
        left_out = [scenario.left_out[query] for query in queries.tolist()]
        fresh = space.search(queries, left_out, limit=DEEPEST, progress=progress)
        found.append((found[0] if found else ranked).with_rows_of(fresh, queries))
        searches += len(queries)
    facts = SpaceFacts(
        space=space.name,
        components=space.components,
        explained_variance=space.explained_variance,
        rerank=rerank if space.name == "served" else 0,
        searches=searches,
        seconds=round(time.perf_counter() - began, 3),
    )
    return found, facts


def searched_queries(scenarios: Sequence[Scenario]) -> list[NDArray[np.int64]]:
    """For each scenario the indices of the queries to search in it, rising."""
    plain = scenarios[0]
    sizes = np.array([len(rows) for rows in plain.left_out])
    wanted = [plain.worth_searching]
    wanted += [
        scenario.worth_searching & (np.array([len(rows) for rows in scenario.left_out]) > sizes)
        for scenario in scenarios[1:]
    ]
    return [np.flatnonzero(queries) for queries in wanted]

"""Every query through every space, with and without its siblings in the gallery."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.findings import SpaceFacts
from evaluation.left_out import LeftOut
from evaluation.ranked import Advance, Ranked
from evaluation.settings import DEEPEST
from evaluation.spaces import Space


@dataclass(frozen=True, slots=True)
class Scenario:
    """A gallery as each query sees it.

    Attributes:
        exclude_same: attributes of which one equal value leaves a gallery item out; none: all take part.
        left_out: for each query the rows that this and its own presence leave out.
        counts: for each meaning of relevant (Q,) int64: how many right items are left for each query.
    """

    exclude_same: tuple[str, ...]
    left_out: LeftOut
    counts: Sequence[NDArray[np.int64]]

    @property
    def worth_searching(self) -> NDArray[np.bool_]:
        """Queries that have something right to find, under at least one meaning of relevant: (Q,) bool."""
        return np.asarray(np.any([count > 0 for count in self.counts], axis=0))


def search_space(
    space: Space, scenarios: Sequence[Scenario], *, rerank: int, progress: Advance
) -> tuple[list[Ranked], SpaceFacts]:
    """Search one space.

    Args:
        space: ready to search.
        scenarios: the first of them leaves out the least; for each further one only those queries are searched
            again for which it leaves out more.
        rerank: for the facts.
        progress: told how many more searches are done.

    Returns:
        What was found in each scenario, all Q queries in each; and how long it took.
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
    """For each scenario the queries that have to be searched in it, rising."""
    plain = scenarios[0]
    sizes = np.array([len(rows) for rows in plain.left_out])
    wanted = [plain.worth_searching]
    wanted += [
        scenario.worth_searching & (np.array([len(rows) for rows in scenario.left_out]) > sizes)
        for scenario in scenarios[1:]
    ]
    return [np.flatnonzero(queries) for queries in wanted]

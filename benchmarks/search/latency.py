"""How long engines take for one query at a time, in turns."""

import gc
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.search.engine import Engine
from contracts.progress import Progress


@dataclass(frozen=True, slots=True)
class Answers:
    """What an engine answered.

    Attributes:
        milliseconds: (Q,) float64, of each query.
        found: Q arrays of rows, best first.
        rounds: (Q,) int64, in which round each was asked.
    """

    milliseconds: NDArray[np.float64]
    found: list[NDArray[np.int64]]
    rounds: NDArray[np.int64]


def ask(
    engines: Mapping[str, Engine], queries: Mapping[str, NDArray[Any]], k: int, rounds: int, progress: Progress
) -> dict[str, Answers]:
    """Ask every engine every query once.

    The queries are dealt into rounds, and in each round all engines answer that round's queries one after another, in
    an order that turns: so the noise of a machine hits all alike. Before its turn an engine answers one of the queries
    untimed, for the caches hold what the engine before it left there.

    Args:
        engines: by name.
        queries: (Q, D) by the name of an engine, as it takes them.
        k: how many to find.
        rounds: at most Q.
        progress: told of queries done.
    """
    names = list(engines)
    count = len(queries[names[0]])
    dealt = np.arange(count) % rounds
    answers = {name: Answers(np.zeros(count), [np.empty(0, np.int64)] * count, dealt) for name in names}
    total, done = count * len(names), 0
    with _no_garbage_collection():
        for number in range(rounds):
            turned = names[number % len(names) :] + names[: number % len(names)]
            of_round = np.flatnonzero(dealt == number)
            for name in turned:
                engine, asked, answered = engines[name], queries[name], answers[name]
                engine.nearest(asked[of_round[-1]], k)
                for query in of_round:
                    started = time.perf_counter()
                    found = engine.nearest(asked[query], k)
                    answered.milliseconds[query] = (time.perf_counter() - started) * 1000
                    answered.found[query] = found
                done += len(of_round)
                progress(done, total)
    return answers


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

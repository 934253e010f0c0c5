"""Latency of engines for one query at a time, measured in turns."""

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
    """The answers of one engine.

    Attributes:
        milliseconds: (Q,) float64, of each query.
        found: Q arrays of rows, best first.
        rounds: (Q,) int64, the round of each query.
    """

    milliseconds: NDArray[np.float64]
    found: list[NDArray[np.int64]]
    rounds: NDArray[np.int64]


def ask(
    engines: Mapping[str, Engine], queries: Mapping[str, NDArray[Any]], k: int, rounds: int, progress: Progress
) -> dict[str, Answers]:
    """Run every query on every engine once.

    The queries are split into rounds. In each round the engines take turns, in an order that rotates, so that noise of
    the machine affects all alike. Before its turn an engine answers one query untimed, to replace what the previous
    engine left in the caches.

    Args:
        engines: by name.
        queries: (Q, D) by engine name, prepared for that engine.
        k: number of results.
        rounds: at most Q.
        progress: called with the number of queries done.
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

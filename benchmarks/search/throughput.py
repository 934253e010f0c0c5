"""Queries per second of several concurrent callers."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from numpy.typing import NDArray

from benchmarks.search.engine import Engine


def queries_per_s(engine: Engine, queries: NDArray[Any], k: int, *, callers: int, seconds: float) -> float:
    """Search from several threads at once; each runs one query after another.

    Args:
        engine: must be safe to call from several threads.
        queries: (Q, D), prepared for the engine; each caller starts at a different one.
        k: number of results.
        callers: number of threads.
        seconds: duration.
    """
    started = time.perf_counter()

    def call(caller: int) -> int:
        answered = 0
        while time.perf_counter() - started < seconds:
            engine.nearest(queries[(caller * len(queries) // callers + answered) % len(queries)], k)
            answered += 1
        return answered

    with ThreadPoolExecutor(callers) as pool:
        answered = sum(pool.map(call, range(callers)))
    return answered / (time.perf_counter() - started)

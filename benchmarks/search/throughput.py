"""How many queries a second several callers get."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from numpy.typing import NDArray

from benchmarks.search.engine import Engine


def queries_per_s(engine: Engine, queries: NDArray[Any], k: int, *, callers: int, seconds: float) -> float:
    """Search from several threads at once, each one query after another.

    Args:
        engine: safe to ask from several threads.
        queries: (Q, D) as it takes them; each caller starts at another.
        k: how many to find.
        callers: threads.
        seconds: how long.
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

"""How long an event loop is blocked while searches run in threads."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from numpy.typing import NDArray

from benchmarks.search.engine import Engine

_TICK_S = 0.001


def longest_block_ms(
    engine: Engine | None, queries: NDArray[Any], k: int, *, callers: int, threads: int, seconds: float
) -> float:
    """The largest delay of a one-millisecond tick while callers await searches in a thread pool, milliseconds.

    Args:
        engine: None for an idle loop, which shows the delays of the machine itself.
        queries: (Q, D), prepared for the engine.
        k: number of results.
        callers: number of coroutines; each runs one query after another.
        threads: size of the pool.
        seconds: duration.
    """
    with ThreadPoolExecutor(threads) as pool:
        return asyncio.run(_longest(engine, queries, k, callers, pool, seconds)) * 1000


async def _longest(
    engine: Engine | None, queries: NDArray[Any], k: int, callers: int, pool: ThreadPoolExecutor, seconds: float
) -> float:
    loop = asyncio.get_running_loop()
    end = time.perf_counter() + seconds

    async def call(caller: int) -> None:
        number = caller
        while engine is not None and time.perf_counter() < end:
            await loop.run_in_executor(pool, engine.nearest, queries[number % len(queries)], k)
            number += callers

    waiting = [asyncio.create_task(call(caller)) for caller in range(callers)]
    longest = 0.0
    while (before := time.perf_counter()) < end:
        await asyncio.sleep(_TICK_S)
        longest = max(longest, time.perf_counter() - before - _TICK_S)
    await asyncio.gather(*waiting)
    return longest

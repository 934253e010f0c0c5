"""Throughput of ours and faiss flat with several concurrent callers, and the delay of an event loop meanwhile."""

import statistics

from benchmarks.search.event_loop import longest_block_ms
from benchmarks.search.findings import Concurrency
from benchmarks.search.kinds import FLAT, OURS
from benchmarks.search.measuring import Built
from benchmarks.search.throughput import queries_per_s
from index.search_threads import search_threads
from launch.progress import progress_bar

_ROUNDS = 3


def measure_concurrency(built: Built, *, k: int, callers: int, seconds: float) -> Concurrency:
    """Measure throughput, and then the delay of an event loop; medians of three alternating rounds.

    The event loop is measured idle, then while callers search in as many threads as the API uses, and in one thread
    each. Medians are taken, because a single worst tick may be due to the machine.

    Args:
        built: ours, and faiss flat if installed.
        k: number of results.
        callers: number of concurrent callers.
        seconds: duration of each measurement.
    """
    names = [name for name in (OURS, *FLAT) if name in built.engines]
    measured: dict[str, list[float]] = {name: [] for name in names}
    ours, queries = built.engines[OURS], built.prepared[OURS]
    pools = sorted({callers, search_threads()})
    turns = _ROUNDS * len(names)
    steps = turns + _ROUNDS
    idle: list[float] = []
    blocks: dict[int, list[float]] = {threads: [] for threads in pools}
    with progress_bar("Searching together", "step") as progress:
        for number in range(_ROUNDS):
            for place, name in enumerate(names):
                progress(number * len(names) + place, steps, name)
                rate = queries_per_s(built.engines[name], built.prepared[name], k, callers=callers, seconds=seconds)
                measured[name].append(rate)
        for number in range(_ROUNDS):
            progress(turns + number, steps, "event loop")
            idle.append(longest_block_ms(None, queries, k, callers=0, threads=1, seconds=seconds))
            for threads, blocked in blocks.items():
                blocked.append(longest_block_ms(ours, queries, k, callers=callers, threads=threads, seconds=seconds))
        progress(steps, steps)
    per_s = {name: statistics.median(rates) for name, rates in measured.items()}
    flat = max((per_s[name] for name in FLAT if name in per_s), default=None)
    return Concurrency(
        callers,
        per_s,
        None if flat is None else per_s[OURS] / flat,
        statistics.median(idle),
        {threads: statistics.median(blocked) for threads, blocked in blocks.items()},
    )

"""Ours and faiss flat with several callers at once, and what an event loop feels of it."""

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
    """Throughput and then how late an event loop is, each in turns, the medians of three rounds.

    The loop has nothing to do; then callers search in as many threads as the API does, and in one thread each.
    A single latest tick says little: the machine itself is late now and then.

    Args:
        built: ours, and faiss flat where it is there.
        k: how many to find.
        callers: how many.
        seconds: of each measurement.
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

"""How many threads search beside an event loop."""

import os


def search_threads() -> int:
    """One fewer than this process may have cores, one at least.

    A search computes for as long as it takes. With one on every core the event loop, or a thread that holds the
    interpreter's lock, waits until the system interrupts one of them: two on two cores made the loop late by 6 ms,
    sixteen by 20 ms, one by no more than a machine with nothing to do (docs/search.md).
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)

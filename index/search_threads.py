"""The number of threads for searches, beside an event loop and without one."""

import os


def usable_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def search_threads() -> int:
    """One thread fewer than the cores that this process may use, but at least one.

    A search computes without a pause. If every core runs one, the event loop, or a thread that holds the interpreter's
    lock, waits until the system interrupts a search. On two cores, two search threads delayed the loop by 6 ms, sixteen
    by 20 ms, and one by no more than on an idle machine (docs/search.md).
    """
    return max(1, usable_cores() - 1)

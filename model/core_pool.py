"""Threads that each make forward passes on one core."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import torch


def core_pool(threads: int) -> ThreadPoolExecutor:
    """Threads whose forward passes take one core each, however many torch uses elsewhere.

    Several small passes side by side are faster than one after another on all cores, whose threads wait for each other
    in every layer.

    Args:
        threads: how many; all are started now.
    """
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, "forward", initializer=_take_one_core)
    ready = Barrier(threads + 1)
    for _ in range(threads):
        pool.submit(ready.wait)
    ready.wait()
    # What a thread sets for itself is also what later ones begin with.
    torch.set_num_threads(before)
    return pool


def _take_one_core() -> None:
    torch.set_num_threads(1)
    # A thread settles on the number at its first question, and would find what is set by then.
    torch.get_num_threads()

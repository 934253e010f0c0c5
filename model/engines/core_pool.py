"""A pool of threads that each run forward passes on one core."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import torch


def core_pool(threads: int) -> ThreadPoolExecutor:
    """A pool whose threads run forward passes on one core each; torch's setting for other threads is unchanged.

    Several small passes in parallel are faster than one after another on all cores, since the threads of one pass wait
    for each other in every layer.

    Args:
        threads: number of threads; all are started now.
    """
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(threads, "forward", initializer=_take_one_core)
    ready = Barrier(threads + 1)
    for _ in range(threads):
        pool.submit(ready.wait)
    ready.wait()
    # A thread that sets its number of threads also sets the default of threads that start later.
    torch.set_num_threads(before)
    return pool


def _take_one_core() -> None:
    torch.set_num_threads(1)
    # torch fixes the number for a thread when it is first asked for, so ask before the default is set back.
    torch.get_num_threads()

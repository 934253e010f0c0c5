"""The C library's allocator, set for forward passes: what one frees, the next one needs again."""

import ctypes
import sys

# From <malloc.h>; values that differ between systems would be ignored.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_LARGEST_MMAP_THRESHOLD = 32 * 1024 * 1024
_NEVER = 2**31 - 1


def keep_freed_memory() -> None:
    """Have glibc keep freed memory for the next forward pass, for any thread; elsewhere do nothing.

    Without it, a pass on any thread but the first gives its maps back to the system and has them faulted in again:
    measured, 2,900 page faults and as much time as the network itself, for each picture. The process keeps what its
    largest pass needed. Call it before threads are started.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_MMAP_THRESHOLD)
        mallopt(_M_TRIM_THRESHOLD, _NEVER)

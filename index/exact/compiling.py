"""Compilation of the inner loops."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit

_SOURCES = hashlib.sha256(
    b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
).hexdigest()

# For sums whose rounding is covered by a margin, so the order of addition may change.
REORDERED = frozenset({"nnan", "ninf", "nsz", "contract", "reassoc"})


def compiled(*, fastmath: frozenset[str] = frozenset()) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function on its first call; the compiled code releases the interpreter's lock.

    The machine code is cached beside the source or in the user's cache folder. If neither can be written, as in a
    container without a writable folder, each process compiles it again, which takes some seconds.
    """

    def compile_it(function: Callable[..., Any]) -> Any:
        try:
            dispatcher = njit(cache=True, nogil=True, fastmath=set(fastmath))(function)
        except RuntimeError:
            return njit(nogil=True, fastmath=set(fastmath))(function)
        # Numba checks only the function's own file for changes, but the functions it calls are compiled into it.
        dispatcher._cache._cache_file._source_stamp = _SOURCES
        return dispatcher

    return compile_it

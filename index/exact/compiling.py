"""How the inner loops are compiled."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit

_SOURCES = hashlib.sha256(
    b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
).hexdigest()

# Sums of rounded figures with a margin around them: their order of addition may change.
REORDERED = frozenset({"nnan", "ninf", "nsz", "contract", "reassoc"})


def compiled(*, fastmath: frozenset[str] = frozenset()) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function without the interpreter's lock when it is first called.

    The machine code is kept beside the source or in the user's cache folder; where neither can be written, as in a
    container without any writable folder, it is made anew in each process, which takes some seconds.
    """

    def compile_it(function: Callable[..., Any]) -> Any:
        try:
            dispatcher = njit(cache=True, nogil=True, fastmath=set(fastmath))(function)
        except RuntimeError:
            return njit(nogil=True, fastmath=set(fastmath))(function)
        # Numba looks at the function's own file alone, but what it calls is compiled into it.
        dispatcher._cache._cache_file._source_stamp = _SOURCES
        return dispatcher

    return compile_it

"""How the inner loops are compiled."""

from collections.abc import Callable
from typing import Any

from numba import njit

# Sums of rounded figures with a margin around them: their order of addition may change.
REORDERED = frozenset({"nnan", "ninf", "nsz", "contract", "reassoc"})


def compiled(*, fastmath: frozenset[str] = frozenset()) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function without the interpreter's lock when it is first called.

    The machine code is kept beside the source or in the user's cache folder; where neither can be written, as in a
    container without any writable folder, it is made anew in each process, which takes some seconds.
    """

    def compile_it(function: Callable[..., Any]) -> Any:
        try:
            return njit(cache=True, nogil=True, fastmath=set(fastmath))(function)
        except RuntimeError:
            return njit(nogil=True, fastmath=set(fastmath))(function)

    return compile_it

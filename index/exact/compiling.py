"""Compilation of the inner loops."""

import functools
import hashlib
import logging
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

from numba import njit

from index.exact.trusted_folder import is_trusted

_log = logging.getLogger("lookalike.index")
_SOURCES = hashlib.sha256(
    b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
).hexdigest()

# For sums whose rounding is covered by a margin, so the order of addition may change.
REORDERED = frozenset({"nnan", "ninf", "nsz", "contract", "reassoc"})


@functools.cache
def _may_keep_code_in(folder: Path) -> bool:
    if is_trusted(folder):
        return True
    _log.warning("others can write to %s, so the search is compiled again in each process", folder)
    return False


def compiled(*, fastmath: frozenset[str] = frozenset()) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function on its first call; the compiled code releases the interpreter's lock.

    The machine code is cached in `NUMBA_CACHE_DIR`, beside the source or in the user's cache folder. If none can be
    written, or others can write there, each process compiles it again, which takes some seconds.
    """

    def compile_it(function: Callable[..., Any]) -> Any:
        try:
            dispatcher = njit(cache=True, nogil=True, fastmath=set(fastmath))(function)
        except RuntimeError:
            return njit(nogil=True, fastmath=set(fastmath))(function)
        folder = Path(dispatcher._cache.cache_path)
        # Who can write beside the source can change the source.
        if Path(__file__).parent not in folder.parents and not _may_keep_code_in(folder):
            return njit(nogil=True, fastmath=set(fastmath))(function)
        # Numba checks only the function's own file for changes, but the functions it calls are compiled into it.
        dispatcher._cache._cache_file._source_stamp = _SOURCES
        return dispatcher

    return compile_it


class Kept(Enum):
    """Whether machine code is kept from one process to the next."""

    YES = "yes"
    NOT_YET = "not yet"
    NEVER = "never"


def kept(function: Any) -> Kept:
    """Whether machine code of a compiled function is kept for this processor, or will be once it is compiled."""
    cache_file = getattr(function._cache, "_cache_file", None)
    if cache_file is None:
        return Kept.NEVER
    here = function.targetctx.codegen().magic_tuple()
    return Kept.YES if any(key[1] == here for key in cache_file._load_index()) else Kept.NOT_YET

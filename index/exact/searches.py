"""Which code searches run: machine code, or NumPy for the time until that is there.

Numba takes most of a second to import and to read its machine code, and ten more if it has to compile. A process that
must answer soon calls `prepare_meanwhile` and then searches at once. Others search by machine code from the start.
"""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Final

_log = logging.getLogger("lookalike.index")


class _Searches:
    """The code of this process."""

    def __init__(self) -> None:
        self._compiled: ModuleType | None = None
        self._waits = True

    @property
    def slow(self) -> bool:
        """Whether NumPy searches at the moment."""
        return not self._waits and self._compiled is None

    def code(self) -> ModuleType:
        """`index.exact.compiled_searches`, or `index.exact.plain_searches` while the first is being prepared."""
        if self._compiled is None:
            if not self._waits:
                from index.exact import plain_searches

                return plain_searches
            self.load()
        if self._compiled is None:
            raise RuntimeError("index.exact.compiled_searches is loaded, but not known")
        return self._compiled

    def load(self) -> None:
        """Import the machine code; what is not kept from an earlier process is compiled when it is first called."""
        from index.exact import compiled_searches

        self._compiled = compiled_searches

    def search_meanwhile(self) -> None:
        """Search by NumPy until `load` was called."""
        self._waits = False


SEARCHES: Final = _Searches()


def prepare_meanwhile(spawn: Callable[[list[str]], "subprocess.Popen[bytes]"]) -> threading.Thread:
    """Search by NumPy from now on, and by machine code as soon as that is there.

    Args:
        spawn: starts a process that ends with this one. It compiles if no machine code is kept, because compiling in
            this process would take the interpreter's lock from whoever answers.

    Returns:
        The thread that prepares it, started.
    """
    SEARCHES.search_meanwhile()
    thread = threading.Thread(target=_prepare, args=(spawn,), name="machine code", daemon=True)
    thread.start()
    return thread


def _prepare(spawn: Callable[[list[str]], "subprocess.Popen[bytes]"]) -> None:
    try:
        from index.exact.compiling import is_kept
        from index.exact.kernels import nearest

        if not is_kept(nearest):
            _log.info("compiling the search; until that is done, searches take some milliseconds longer")
            with spawn([sys.executable, "-m", "index.exact.compiling_ahead"]) as process:
                process.wait()
        from index.exact.compiling_ahead import compile_searches

        compile_searches()
        SEARCHES.load()
    except Exception:  # the edge of the thread: searches go on by NumPy
        _log.exception("the search could not be compiled; it stays slow")

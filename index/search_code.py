"""Which code searches run: machine code, or NumPy for the time until that is there.

Numba takes most of a second to import and to read its machine code, and ten more if it has to compile. A process that
must answer soon calls `wait_for_nothing`, and `prepare` once it answers. Others search by machine code from the start.
"""

import logging
import subprocess
import sys
import threading
from types import ModuleType
from typing import Final

_log = logging.getLogger("lookalike.index")

# While machine code is prepared, threads switch after this time instead of Python's default of 5 ms.
_TURN_S: Final = 0.0005
_STOP_S: Final = 5.0


class _Searches:
    """The code of this process."""

    def __init__(self) -> None:
        self._compiled: ModuleType | None = None
        self._is_prepared_meanwhile = False
        self._compiler: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False

    @property
    def slow(self) -> bool:
        """Whether NumPy searches at the moment."""
        return self._is_prepared_meanwhile and self._compiled is None

    def code(self) -> ModuleType:
        """`index.exact.compiled_searches`, or `index.exact.plain_searches` while the first is being prepared."""
        compiled = self._compiled
        if compiled is not None:
            return compiled
        if self._is_prepared_meanwhile:
            from index.exact import plain_searches

            return plain_searches
        # What is not kept from an earlier process is compiled when it is first called.
        from index.exact import compiled_searches

        self._compiled = compiled_searches
        return compiled_searches

    def wait_for_nothing(self) -> None:
        """Search by NumPy until `prepare` is done."""
        self._is_prepared_meanwhile = True

    def prepare(self) -> threading.Thread:
        """Get the machine code ready in a thread, which is returned."""
        self._thread = threading.Thread(target=self._prepare, name="machine code", daemon=True)
        self._thread.start()
        return self._thread

    def stop(self) -> None:
        """Wait until nothing is prepared any more, or for some seconds; the process is about to end."""
        self._stopped = True
        if self._compiler is not None:
            self._compiler.kill()
        if self._thread is not None:
            self._thread.join(_STOP_S)

    def _prepare(self) -> None:
        usual_s = sys.getswitchinterval()
        sys.setswitchinterval(_TURN_S)
        try:
            from index.exact import compiled_searches
            from index.exact.compiling import Kept, kept
            from index.exact.compiling_ahead import compile_searches

            # The last one that `compile_searches` compiles.
            if kept(compiled_searches.rank) is Kept.NOT_YET:
                self._compile_beside()
            if not self._stopped:
                compile_searches()
                self._compiled = compiled_searches
        except Exception:  # the edge of the thread: searches go on by NumPy
            _log.exception("the search could not be compiled; it stays slow")
        finally:
            sys.setswitchinterval(usual_s)

    def _compile_beside(self) -> None:
        """Compile in another process, because here it would take the interpreter's lock from whoever answers."""
        _log.info("compiling the search; until that is done, searches take some milliseconds longer")
        self._compiler = subprocess.Popen(
            [sys.executable, "-m", "index.exact.compiling_ahead"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Ctrl-C in a terminal goes to its whole process group; `stop` ends it.
            start_new_session=True,
        )
        if self._stopped:
            self._compiler.kill()
        self._compiler.wait()


SEARCHES: Final = _Searches()

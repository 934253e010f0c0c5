"""Rows that are expensive to make: written to a file as they come, kept when the run is killed."""

import json
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from storage.durable_files import replace_file

_BATCHES_A_COMMIT = 16


class RowStore:
    """An append-only file of rows of one size, and beside it how far it is whole.

    Rows are written, not mapped, while the file grows: a full disk is then an error instead of a signal that kills.

    Args:
        folder: where both files lie.
        name: of the files, without their endings.
        key: text that differs when the rows would: what an earlier run left is taken over only with the same.
        row_bytes: size of a row.

    Attributes:
        path: the file of rows, one for each item that is done and not unreadable.
        done: how many items are done.
        unreadable: of these the positions of those without a row, with a code and a sentence that say why.
    """

    def __init__(self, folder: Path, name: str, key: str, row_bytes: int) -> None:
        self.path = folder / f"{name}.rows"
        self._state = folder / f"{name}.json"
        self._key = key
        self._row_bytes = row_bytes
        self.done = 0
        self.unreadable: list[tuple[int, str, str]] = []
        self._take_over()
        self._uncommitted = 0

    def __enter__(self) -> "RowStore":
        self._file = self.path.open("r+b" if self.done else "wb")
        whole = (self.done - len(self.unreadable)) * self._row_bytes
        self._file.truncate(whole)
        self._file.seek(whole)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def append(self, rows: NDArray[np.generic], done: int) -> None:
        """Add the rows of the items up to position `done`."""
        self._file.write(np.ascontiguousarray(rows).tobytes())
        self._uncommitted += 1
        if self._uncommitted == _BATCHES_A_COMMIT:
            self.commit(done)

    def commit(self, done: int) -> None:
        """Note that all items up to position `done` are in the file, or unreadable."""
        self._file.flush()
        os.fsync(self._file.fileno())
        state = {"key": self._key, "done": done, "unreadable": self.unreadable}
        replace_file(self._state, json.dumps(state).encode())
        self._uncommitted = 0

    def _take_over(self) -> None:
        try:
            state = json.loads(self._state.read_bytes())
            done, unreadable = int(state["done"]), [(int(r), str(c), str(d)) for r, c, d in state["unreadable"]]
            whole = state["key"] == self._key and (
                self.path.stat().st_size >= (done - len(unreadable)) * self._row_bytes
            )
        except (OSError, ValueError, KeyError, TypeError):
            return
        if whole:
            self.done, self.unreadable = done, unreadable

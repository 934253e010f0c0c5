"""A file of rows that are expensive to compute; a killed run keeps those it has written."""

import json
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from storage.durable_files import replace_file

_BATCHES_A_COMMIT = 16


class RowStore:
    """An append-only file of rows of one size, and a second file that says how many rows are complete.

    While the file grows, rows are written and not memory-mapped: a full disk is then an error and not a fatal signal.

    Args:
        folder: of both files.
        name: of the files, without their endings.
        key: any text that is different whenever the rows would be. Rows of an earlier run are reused only if it is
            the same.
        row_bytes: size of a row, bytes.

    Attributes:
        path: the file of rows, one for each item that is done and could be read.
        done: number of items done.
        unreadable: position, error code and reason of each done item without a row.
    """

    def __init__(self, folder: Path, name: str, key: str, row_bytes: int) -> None:
        self.path = folder / f"{name}.rows"
        self._state = folder / f"{name}.json"
        self._key = key
        self._row_bytes = row_bytes
        self.done = 0
        self.unreadable: list[tuple[int, str, str]] = []
        self._reuse()
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
        """Append rows; with them, all items before position `done` are done."""
        self._file.write(np.ascontiguousarray(rows).tobytes())
        self._uncommitted += 1
        if self._uncommitted == _BATCHES_A_COMMIT:
            self.commit(done)

    def commit(self, done: int) -> None:
        """Record that all items before position `done` are in the file or unreadable."""
        self._file.flush()
        os.fsync(self._file.fileno())
        state = {"key": self._key, "done": done, "unreadable": self.unreadable}
        replace_file(self._state, json.dumps(state).encode())
        self._uncommitted = 0

    def _reuse(self) -> None:
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

"""The items of several parts as one, in the order of their numbers; what an overlay and a compaction have in common."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO

import numpy as np
import orjson
from numpy.typing import NDArray

from index.bundle_part import BundlePart
from index.columns.column import ColumnKind
from index.items import write_lines
from index.joined_tables import JoinedTable, TableRows, join_tables
from index.tabulation import column_order

_ROWS_AT_ONCE = 4_096


class JoinedParts:
    """The items of some parts that may be found, each with the bits that it has there.

    Args:
        parts: at least one item in all of them may be found; their numbers are unique.

    Attributes:
        numbers: (N,) int64, rising.
    """

    def __init__(self, parts: Sequence[BundlePart]) -> None:
        self._parts = parts
        self._rows = [part.rows.live_rows for part in parts]
        numbers = np.concatenate([part.rows.numbers_of(rows) for part, rows in zip(parts, self._rows, strict=True)])
        self._order = np.argsort(numbers, kind="stable")
        self.numbers = numbers[self._order]
        self._sources = np.repeat(np.arange(len(parts)), [rows.size for rows in self._rows])[self._order]
        self._places = np.concatenate(self._rows)[self._order]

    def vectors(self) -> NDArray[np.float32]:
        """The reduced embeddings, (N, C) float32."""
        taken = [part.rows.gallery.vectors()[rows] for part, rows in zip(self._parts, self._rows, strict=True)]
        return np.concatenate(taken)[self._order]

    def full(self) -> Iterator[NDArray[np.float16]]:
        """The embeddings before their reduction, (N, D) float16 in parts."""
        for start in range(0, self.numbers.size, _ROWS_AT_ONCE):
            sources, places = self._taken(start)
            rows = np.empty((places.size, self._parts[0].rows.full.shape[1]), np.float16)
            for source, part in enumerate(self._parts):
                own = sources == source
                rows[own] = part.rows.full[places[own]]
            yield rows

    def write_lines(self, stream: BinaryIO) -> NDArray[np.int64]:
        """Write items.jsonl; see `index.items.write_items`."""
        return write_lines(map(self._lines, range(0, self.numbers.size, _ROWS_AT_ONCE)), stream)

    def table(
        self, kinds: Mapping[str, ColumnKind], recognised: Callable[[Sequence[str], Sequence[int]], ColumnKind]
    ) -> JoinedTable:
        """The attributes; arguments as for `index.joined_tables.join_tables`, columns in order of appearance."""
        taken = [TableRows(part.rows.attributes, rows) for part, rows in zip(self._parts, self._rows, strict=True)]
        joined = join_tables(taken, self._order, kinds, recognised)
        order = column_order(joined.columns, joined.codes, self._names)
        return JoinedTable([joined.columns[place] for place in order], joined.codes[order])

    def _names(self, row: int) -> list[str]:
        part = self._parts[self._sources[row]]
        return list(orjson.loads(part.items.attributes_json(int(self._places[row]))))

    def _lines(self, start: int) -> tuple[list[bytes], NDArray[np.int64]]:
        sources, places = self._taken(start)
        lines = [b""] * places.size
        offsets = np.empty((places.size, 4), np.int64)
        for source, part in enumerate(self._parts):
            own = np.flatnonzero(sources == source)
            found, offsets[own] = part.items.lines(places[own])
            for at, line in zip(own.tolist(), found, strict=True):
                lines[at] = line
        return lines, offsets

    def _taken(self, start: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        part = slice(start, start + _ROWS_AT_ONCE)
        return self._sources[part], self._places[part]

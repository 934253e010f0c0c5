"""The items of several parts as one, in the order of their numbers; what an overlay and a compaction have in common."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Self

import numpy as np
import orjson
from numpy.typing import NDArray

from index.bundle_part import BundlePart
from index.columns.column import ColumnKind
from index.items import ItemTable, write_lines
from index.joined_tables import JoinedTable, TableRows, join_tables
from index.tabulation import column_order

_ROWS_AT_ONCE = 4_096


@dataclass(frozen=True, slots=True)
class PartRows:
    """Some rows of a part, or of what becomes one.

    Attributes:
        numbers: (M,) int64, rising.
        vectors: (N, C) float32, the reduced embeddings of all its rows.
        full: (N, D) float16, the embeddings before their reduction.
        table: the attributes of the rows, and which rows they are.
        items: all of them.
    """

    numbers: NDArray[np.int64]
    vectors: NDArray[np.float32]
    full: NDArray[np.float16]
    table: TableRows
    items: ItemTable

    @classmethod
    def of(cls, part: BundlePart) -> Self:
        """The items of a part that may be found."""
        rows = part.rows.live_rows
        table = TableRows.of(part.rows.attributes, rows)
        return cls(part.rows.numbers_of(rows), part.rows.gallery.vectors(), part.rows.full, table, part.items)


class JoinedParts:
    """The items of some parts, each with the bits that it has there.

    Args:
        parts: at least one item in all; the numbers are unique.

    Attributes:
        numbers: (N,) int64, rising.
    """

    def __init__(self, parts: Sequence[PartRows]) -> None:
        self._parts = parts
        numbers = np.concatenate([part.numbers for part in parts])
        self._order = np.argsort(numbers, kind="stable")
        self.numbers = numbers[self._order]
        self._sources = np.repeat(np.arange(len(parts)), [part.numbers.size for part in parts])[self._order]
        self._places = np.concatenate([part.table.rows for part in parts])[self._order]

    def vectors(self) -> NDArray[np.float32]:
        """The reduced embeddings, (N, C) float32."""
        return np.concatenate([part.vectors[part.table.rows] for part in self._parts])[self._order]

    def full(self) -> Iterator[NDArray[np.float16]]:
        """The embeddings before their reduction, (N, D) float16 in parts."""
        for start in range(0, self.numbers.size, _ROWS_AT_ONCE):
            sources, places = self._taken(start)
            rows = np.empty((places.size, self._parts[0].full.shape[1]), np.float16)
            for source, part in enumerate(self._parts):
                own = sources == source
                rows[own] = part.full[places[own]]
            yield rows

    def write_lines(self, stream: BinaryIO) -> NDArray[np.int64]:
        """Write items.jsonl; see `index.items.write_items`."""
        return write_lines(map(self._lines, range(0, self.numbers.size, _ROWS_AT_ONCE)), stream)

    def table(
        self, kinds: Mapping[str, ColumnKind], recognised: Callable[[Sequence[str], Sequence[int]], ColumnKind]
    ) -> JoinedTable:
        """The attributes, in any order of columns; arguments as for `index.joined_tables.join_tables`."""
        return join_tables([part.table for part in self._parts], self._order, kinds, recognised)

    def in_order(self, table: JoinedTable) -> JoinedTable:
        """A table of these items, with its columns in the order in which they first appear."""
        order = column_order(table.columns, table.codes, self._names)
        return JoinedTable([table.columns[place] for place in order], table.codes[order])

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

"""Rows of several tables of attributes as one table, without looking at the items again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.attributes import MISSING, AttributeTable
from index.columns.column import Column, ColumnKind

_NONE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class TableRows:
    """Some rows of a table.

    Attributes:
        columns: of the table, by name.
        codes: by name, (any number,) int32, see `index.tabulation.Tabulated`.
        rows: (M,) int64, which of them.
    """

    columns: Mapping[str, Column]
    codes: Mapping[str, NDArray[np.int32]]
    rows: NDArray[np.int64]

    @classmethod
    def of(cls, table: AttributeTable, rows: NDArray[np.int64]) -> Self:
        """Some rows of a table of attributes."""
        return cls(table.columns, {name: table.codes(name) for name in table.columns}, rows)


@dataclass(frozen=True, slots=True)
class JoinedTable:
    """Columns and codes, as in `index.tabulation.Tabulated`; each column has a value."""

    columns: list[Column]
    codes: NDArray[np.int32]


def join_tables(
    parts: Sequence[TableRows],
    order: NDArray[np.int64],
    kinds: Mapping[str, ColumnKind],
    recognised: Callable[[Sequence[str], Sequence[int]], ColumnKind],
) -> JoinedTable:
    """Make one table of some rows of several.

    Args:
        parts: the rows.
        order: for each row of the new table its place among all rows of the parts, which follow each other.
        kinds: of columns, by name, with their settings; values that are not of their column's kind are left out.
        recognised: takes the values of a column that has none of these kinds, and their counts.
    """
    columns, rows = [], []
    for name in dict.fromkeys(name for part in parts for name in part.columns):
        values, codes = _united(name, parts)
        codes = codes[order]
        counts = np.bincount(codes + 1, minlength=len(values) + 1)[1:]
        kind = kinds.get(name) or recognised(values, counts.tolist())
        if not values:
            continue
        if all(part.columns[name].kind is kind for part in parts if name in part.columns):
            # Of one kind from the start, so it holds all of them.
            columns.append(Column(name, kind, values, counts.tolist()))
            rows.append(codes)
            continue
        held = np.array([kind.holds(value) for value in values], np.bool_)
        if not held.any():
            continue
        if not held.all():
            places = np.where(held, np.cumsum(held) - 1, MISSING).astype(np.int32)
            codes = np.append(places, np.int32(MISSING))[codes]
            values = [value for value, kept in zip(values, held.tolist(), strict=True) if kept]
            counts = counts[held]
        columns.append(Column(name, kind, values, counts.tolist()))
        rows.append(codes)
    items = order.size
    return JoinedTable(columns, np.stack(rows) if rows else np.empty((0, items), np.int32))


def _united(name: str, parts: Sequence[TableRows]) -> tuple[list[str], NDArray[np.int32]]:
    """The values that these rows have, sorted, and the code of each row."""
    taken: list[tuple[list[str], NDArray[np.int64], NDArray[np.int32]]] = []
    for part in parts:
        column = part.columns.get(name)
        if column is None:
            taken.append(([], _NONE, np.full(part.rows.size, MISSING, np.int32)))
            continue
        values, codes = column.values, part.codes[name][part.rows]
        used = np.flatnonzero(np.bincount(codes + 1, minlength=len(values) + 1)[1:])
        taken.append((values, used, codes))
    united = sorted({values[code] for values, used, _ in taken for code in used.tolist()})
    places = {value: place for place, value in enumerate(united)}
    joined = []
    for values, used, codes in taken:
        # The last element is for rows without a value, which have the code -1.
        moved = np.full(len(values) + 1, MISSING, np.int32)
        moved[used] = [places[values[code]] for code in used.tolist()]
        joined.append(moved[codes])
    return united, np.concatenate(joined)

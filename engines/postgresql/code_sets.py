"""The values that pass a test, as codes; looked up once for each test of a version."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from psycopg import sql

from contracts.text_form import is_unicode
from engines.postgresql.connections import Connections
from engines.postgresql.stored_columns import StoredColumn
from engines.postgresql.stored_text import from_stored, to_stored
from engines.postgresql.tables import Tables
from index.columns.column import Column, ValueTest
from index.columns.list import AnyMember
from index.columns.number import AnyNumber, NumberRange
from index.columns.text import AnyText

_KEPT: Final = 256
# A list of codes that was looked up is kept only up to this length.
_LONGEST_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True)
class CodeSet:
    """Codes of one column.

    Attributes:
        codes: single ones.
        ranges: (first, last) of others.
        items: number of items with one of them, those that are hidden too.
    """

    codes: tuple[int, ...]
    ranges: tuple[tuple[int, int], ...]
    items: int


class CodeSets:
    """Looks up which values of a version pass tests.

    Args:
        connections: to the database.
        tables: of the version.
    """

    def __init__(self, connections: Connections, tables: Tables) -> None:
        self._connections = connections
        self._tables = tables
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[int, ValueTest], CodeSet] = OrderedDict()

    def of(self, column: StoredColumn, test: ValueTest) -> CodeSet:
        """The codes of the values that pass a test."""
        key = (column.place, test)
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
                return known
        found = self._found(column, test)
        if len(found.codes) <= _LONGEST_KEPT:
            with self._lock:
                self._known[key] = found
                while len(self._known) > _KEPT:
                    self._known.popitem(last=False)
        return found

    def _found(self, column: StoredColumn, test: ValueTest) -> CodeSet:
        match test:
            case AnyText():
                return self._named(column, test.texts)
            case AnyNumber() if column.kind.ordered:
                return self._numbers(column, test)
            case AnyMember() if column.kind.several:
                return self._members(column, test.texts)
        return self._tried(column, test)

    def _named(self, column: StoredColumn, texts: Sequence[str]) -> CodeSet:
        wanted = [to_stored(text) for text in texts if is_unicode(text)]
        rows = self._connections.fetch(
            sql.SQL("SELECT code, items FROM {} WHERE field = %s AND (value = ANY(%s) {})").format(
                self._tables.texts, sql.SQL("OR form = ANY(%s)" if column.other_forms else "")
            ),
            (column.place, wanted, *([wanted] if column.other_forms else [])),
        )
        return _of_rows(rows)

    def _numbers(self, column: StoredColumn, test: AnyNumber) -> CodeSet:
        named = self._named(column, test.texts) if test.texts else CodeSet((), (), 0)
        within = joined_ranges(test.ranges)
        if not within:
            return named
        rows = self._connections.fetch(
            sql.SQL(
                "SELECT min(code), max(code), sum(items)::bigint FROM unnest(%s::float8[], %s::float8[]) "
                "AS wanted (low, high) JOIN {} ON field = %s AND comparable BETWEEN low AND high GROUP BY low"
            ).format(self._tables.texts),
            ([low for low, _ in within], [high for _, high in within], column.place),
        )
        ranges = tuple(sorted((first, last) for first, last, _ in rows))
        others = tuple(code for code in named.codes if not any(first <= code <= last for first, last in ranges))
        items = sum(count for *_, count in rows)
        if named.codes:
            # Some of them may be within the ranges.
            items += named.items if len(others) == len(named.codes) else self._counted(others)
        return CodeSet(others, ranges, items)

    def _counted(self, codes: Sequence[int]) -> int:
        rows = self._connections.fetch(
            sql.SQL("SELECT coalesce(sum(items), 0)::bigint FROM {} WHERE code = ANY(%s::integer[])").format(
                self._tables.texts
            ),
            (list(codes),),
        )
        return int(rows[0][0])

    def _members(self, column: StoredColumn, texts: Sequence[str]) -> CodeSet:
        wanted = [to_stored(text) for text in texts if is_unicode(text)]
        rows = self._connections.fetch(
            sql.SQL(
                "SELECT code, items FROM {} WHERE code IN (SELECT list FROM {} WHERE field = %s AND member = ANY(%s))"
            ).format(self._tables.texts, self._tables.members),
            (column.place, wanted),
        )
        return _of_rows(rows)

    def _tried(self, column: StoredColumn, test: ValueTest) -> CodeSet:
        """Of a kind that this file does not know: all values of the column are fetched and tried."""
        rows = self._connections.fetch(
            sql.SQL("SELECT value, code, items FROM {} WHERE field = %s").format(self._tables.texts), (column.place,)
        )
        values = sorted((from_stored(value), code, items) for value, code, items in rows)
        tried = Column(column.name, column.kind, [value for value, *_ in values], [items for *_, items in values])
        accepted = test.accepted(tried).tolist()
        return _of_rows([(code, items) for (_, code, items), passes in zip(values, accepted, strict=True) if passes])


def joined_ranges(ranges: Sequence[NumberRange]) -> list[tuple[float, float]]:
    """The same numbers as ranges that do not overlap, rising."""
    joined: list[tuple[float, float]] = []
    for within in sorted(ranges, key=lambda within: within.low):
        if joined and within.low <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], within.high)
        else:
            joined.append((within.low, within.high))
    return joined


def _of_rows(rows: Sequence[tuple[Any, ...]]) -> CodeSet:
    return CodeSet(tuple(sorted(code for code, _ in rows)), (), sum(items for _, items in rows))

"""The values of a version's columns, with their numbers of items as they were counted at load."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from contracts.text_form import is_unicode
from engines.postgresql.connections import Connections
from engines.postgresql.hidden_items import HiddenItems
from engines.postgresql.stored_columns import StoredColumn
from engines.postgresql.stored_text import from_stored, to_stored
from engines.postgresql.tables import Tables
from engines.postgresql.where import Where
from index.columns.column import Column
from index.columns.number_style import parse_number

_VALUES_AT_ONCE: Final = 1_000
_NO_CONDITION: Final = Where()
# Codes of a column and numbers of items, and from them the values that conditions name: of a list its members.
_NAMED: Final = "SELECT value, counted.items FROM {texts} JOIN counted USING (code) WHERE counted.items > 0"
_NAMED_MEMBERS: Final = (
    "SELECT member, sum(counted.items)::bigint FROM {members} JOIN counted ON counted.code = list "
    "WHERE counted.items > 0 GROUP BY member"
)


class ColumnValues:
    """Values, and how many items have them.

    Args:
        connections: to the database.
        tables: of the version.
    """

    def __init__(self, connections: Connections, tables: Tables) -> None:
        self._connections = connections
        self._tables = tables

    def columns(self, columns: Sequence[StoredColumn], gone: HiddenItems) -> list[Column]:
        """Columns with all their values.

        Args:
            columns: of the version.
            gone: items that do not count.
        """
        rows = self._fetch("SELECT field, value, code, items FROM {texts}", ())
        found: dict[int, list[tuple[str, int]]] = {}
        for field, value, code, items in rows:
            left = items - gone.tally(code)
            if left:
                found.setdefault(field, []).append((from_stored(value), left))
        described = []
        for column in columns:
            counted = sorted(found.get(column.place, ()))
            values, counts = [value for value, _ in counted], [items for _, items in counted]
            described.append(Column(column.name, column.kind, values, counts))
        return described

    def counts(
        self,
        column: StoredColumn,
        gone: HiddenItems,
        *,
        named: Where = _NO_CONDITION,
        most: int | None = None,
        also: Collection[str] = (),
    ) -> dict[str, int]:
        """The values of a column and their numbers of items, by (-count, value).

        Args:
            column: of the version.
            gone: items that do not count.
            named, most, also: see `most_frequent`.
        """
        counted = sql.SQL("SELECT code, items FROM {} WHERE field = %s").format(self._tables.texts)
        parameters: tuple[Any, ...] = (column.place,)
        if len(gone):
            counted = sql.SQL(
                "SELECT texts.code, texts.items - coalesce(gone.items, 0) FROM {} AS texts LEFT JOIN "
                "unnest(%s::bigint[], %s::bigint[]) AS gone (code, items) USING (code) WHERE texts.field = %s"
            ).format(self._tables.texts)
            parameters = (*gone.tallies, column.place)
        return self.most_frequent(column, counted, parameters, named=named, most=most, also=also)

    def most_frequent(
        self,
        column: StoredColumn,
        counted: sql.Composable,
        parameters: tuple[Any, ...],
        *,
        named: Where = _NO_CONDITION,
        most: int | None = None,
        also: Collection[str] = (),
    ) -> dict[str, int]:
        """The most frequent of some values, by (-count, value), and others that are asked for.

        Args:
            column: of the version.
            counted: a statement that returns codes of the column, and numbers of items with each.
            parameters: of that statement.
            named: conditions on `name`, a value as conditions name it.
            most, also: see `index.part.Candidates.count_values`.
        """
        statement = sql.SQL(
            "WITH counted (code, items) AS ({counted}), named (name, items) AS ({named}), "
            "wanted AS (SELECT * FROM named {where}) "
            "(SELECT * FROM wanted ORDER BY items DESC, name COLLATE {binary} LIMIT %s)"
        ).format(
            counted=counted,
            named=sql.SQL(_NAMED_MEMBERS if column.kind.several else _NAMED).format(
                texts=self._tables.texts, members=self._tables.members
            ),
            where=named.clause,
            binary=sql.Identifier("C"),
        )
        values = (*parameters, *named.parameters, most)
        asked = [to_stored(text) for text in also if is_unicode(text)]
        if asked and most is not None:
            statement += sql.SQL(" UNION ALL (SELECT * FROM wanted WHERE name = ANY(%s))")
            values = (*values, asked)
        found: dict[str, int] = {}
        for value, items in self._connections.fetch(statement, values):
            found.setdefault(from_stored(value), items)
        return found

    def count(self, column: StoredColumn, gone: HiddenItems, without: Sequence[str]) -> int:
        """The number of values of a column.

        Args:
            column: of the version.
            gone: items that do not count.
            without: values that are not counted, as they are stored.
        """
        rows = self._fetch(
            "SELECT count(*) FROM {texts} AS texts LEFT JOIN unnest(%s::bigint[], %s::bigint[]) AS gone (code, items) "
            "USING (code) WHERE texts.field = %s AND texts.items > coalesce(gone.items, 0) AND value <> ALL(%s)"
            if without
            else "SELECT count(*) FROM {texts} AS texts LEFT JOIN unnest(%s::bigint[], %s::bigint[]) AS gone "
            "(code, items) USING (code) WHERE texts.field = %s AND texts.items > coalesce(gone.items, 0)",
            (*gone.tallies, column.place, *([list(without)] if without else [])),
        )
        return int(rows[0][0])

    def holds(self, column: StoredColumn, gone: HiddenItems, value: str) -> bool:
        """Whether an item has a value, or a list with it."""
        if not is_unicode(value):
            return False
        rows = self._fetch(
            "SELECT code, items FROM {texts} "
            "WHERE code IN (SELECT list FROM {members} WHERE field = %s AND member = %s)"
            if column.kind.several
            else "SELECT code, items FROM {texts} WHERE field = %s AND value = %s",
            (column.place, to_stored(value)),
        )
        return any(items > gone.tally(code) for code, items in rows)

    def not_a_number(self, column: StoredColumn, gone: HiddenItems) -> str | None:
        """The first value that is no number, or None if all are."""
        after = ""
        while True:
            rows = self._fetch(
                "SELECT value, code, items FROM {texts} WHERE field = %s AND value COLLATE {binary} >= %s "
                "ORDER BY value COLLATE {binary} LIMIT %s",
                (column.place, after, _VALUES_AT_ONCE),
            )
            for stored, code, items in rows:
                value = from_stored(stored)
                if items > gone.tally(code) and parse_number(value) is None:
                    return value
            if len(rows) < _VALUES_AT_ONCE:
                return None
            # This one comes again, and is a number.
            after = rows[-1][0]

    def texts(self, codes: NDArray[np.int32]) -> dict[int, str]:
        """The values that some codes stand for."""
        if not codes.size:
            return {}
        rows = self._fetch("SELECT code, value FROM {texts} WHERE code = ANY(%s::bigint[])", (codes.astype(np.int64),))
        return {code: from_stored(value) for code, value in rows}

    def _fetch(self, statement: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        composed = sql.SQL(statement).format(
            texts=self._tables.texts, members=self._tables.members, binary=sql.Identifier("C")
        )
        return self._connections.fetch(composed, parameters)

"""The values that conditions name, with their numbers of items: values of items, or the members of their lists."""

from collections.abc import Collection
from typing import Any

from psycopg import sql

from engines.postgresql.connections import Connections
from engines.postgresql.stored_columns import StoredColumn
from engines.postgresql.stored_text import from_stored, storable, to_stored
from engines.postgresql.tables import Tables
from engines.postgresql.where import Where


def most_frequent(
    connections: Connections,
    tables: Tables,
    column: StoredColumn,
    counted: sql.Composable,
    parameters: tuple[Any, ...],
    *,
    named: Where = Where(),  # noqa: B008 - never changed
    most: int | None = None,
    also: Collection[str] = (),
) -> dict[str, int]:
    """The most frequent of some values, by (-count, value), and others that are asked for.

    Args:
        connections, tables: of the version.
        column: one of its columns.
        counted: a statement that returns codes of the column, and numbers of items with each.
        parameters: of that statement.
        named: conditions on `name`, a value as conditions name it.
        most, also: see `index.part.Candidates.count_values`.
    """
    if column.kind.several:
        source = sql.SQL("{} AS texts JOIN counted ON counted.code = texts.list").format(tables.members)
        name = sql.SQL("member")
    else:
        source = sql.SQL("{} AS texts JOIN counted USING (code)").format(tables.texts)
        name = sql.SQL("value")
    statement = sql.SQL(
        "WITH counted (code, items) AS ({counted}), "
        "named (name, items) AS (SELECT {name}, sum(counted.items)::bigint FROM {source} WHERE texts.field = %s "
        "GROUP BY {name} HAVING sum(counted.items) > 0), "
        "wanted AS (SELECT * FROM named {where}) "
        "(SELECT * FROM wanted ORDER BY items DESC, name COLLATE {binary} LIMIT %s)"
    ).format(counted=counted, name=name, source=source, where=named.clause, binary=sql.Identifier("C"))
    values = (*parameters, column.place, *named.parameters, most)
    asked = [to_stored(text) for text in also if storable(text)]
    if asked and most is not None:
        statement += sql.SQL(" UNION ALL (SELECT * FROM wanted WHERE name = ANY(%s))")
        values = (*values, asked)
    found: dict[str, int] = {}
    for value, items in connections.fetch(statement, values):
        found.setdefault(from_stored(value), items)
    return found

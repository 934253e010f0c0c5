"""Statements that both dialects have, each in its own words."""

from functools import cache
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_missing(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows; those whose key is there already stay as they are."""
    if rows:
        connection.execute(_inserting(connection.dialect.name, table), rows)


def insert_or_replace(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert rows; those whose key is there already are replaced."""
    if rows:
        connection.execute(_replacing(connection.dialect.name, table), rows)


# Built once: building takes longer than running.
@cache
def _inserting(dialect: str, table: Table) -> "postgresql.Insert | sqlite.Insert":
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _replacing(dialect: str, table: Table) -> "postgresql.Insert | sqlite.Insert":
    statement = _insert(dialect, table)
    others = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=others)


def _insert(dialect: str, table: Table) -> "postgresql.Insert | sqlite.Insert":
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)

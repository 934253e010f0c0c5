"""Conditions of a statement, and the values that go with them."""

from dataclasses import dataclass
from typing import Any

from psycopg import sql


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions that all hold; never changed once made.

    Attributes:
        clauses: the conditions, with placeholders.
        parameters: for these, in order.
    """

    clauses: tuple[sql.Composable, ...] = ()
    parameters: tuple[Any, ...] = ()

    def with_clause(self, clause: str | sql.Composable, *parameters: Any) -> "Where":
        """These and another condition, of this program's own words and placeholders only."""
        added = sql.SQL(clause) if isinstance(clause, str) else clause
        return Where((*self.clauses, added), (*self.parameters, *parameters))

    @property
    def clause(self) -> sql.Composable:
        """The whole clause, with its key word; empty if there are no conditions."""
        if not self.clauses:
            return sql.SQL("")
        return sql.SQL("WHERE ") + sql.SQL(" AND ").join(self.clauses)

    def __bool__(self) -> bool:
        return bool(self.clauses)

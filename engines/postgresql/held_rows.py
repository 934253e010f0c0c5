"""Rows of a bundle that the database holds already, as a part of an earlier version."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from engines.postgresql.connections import DeadlineConnection
from engines.postgresql.tables import Tables
from index.bundle import Bundle


@dataclass(frozen=True, slots=True)
class HeldRows:
    """An earlier version, whose rows are copied inside the database as far as they are equal.

    Codes of values differ between versions, so what is searched is not copied. But it is small: most of an item is its
    full embedding and what answers say of it.

    Attributes:
        bundle: the earlier version.
        tables: of it.
    """

    bundle: Bundle
    tables: Tables

    def equal(self, bundle: Bundle, rows: NDArray[np.int64], numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The numbers of the items that are the same in both, with embedding, picture and attributes.

        Args:
            bundle: the new version.
            rows: (K,) of it.
            numbers: (K,) of the same items.
        """
        known = np.arange(len(self.bundle.items)) if self.bundle.numbers is None else np.asarray(self.bundle.numbers)
        places = np.minimum(np.searchsorted(known, numbers), known.size - 1)
        both = known[places] == numbers
        new, old = rows[both], places[both]
        embeddings = np.asarray(bundle.full_embeddings[new]).view(np.int16)
        same = (embeddings == np.asarray(self.bundle.full_embeddings[old]).view(np.int16)).all(axis=1)
        lines, _ = bundle.items.lines(new[same])
        known_lines, _ = self.bundle.items.lines(old[same])
        alike = np.array([line == other for line, other in zip(lines, known_lines, strict=True)], np.bool_)
        found: NDArray[np.int64] = numbers[both][same][alike]
        return found

    def copied(
        self, connection: DeadlineConnection, into: Tables, name: Literal["full", "items"], numbers: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Copy rows of a table of the earlier version into that of another; the numbers of those that were there."""
        statement = sql.SQL(
            "WITH copied AS (INSERT INTO {} SELECT * FROM {} WHERE number = ANY(%s) RETURNING number) "
            "SELECT number FROM copied"
        ).format(getattr(into, name), getattr(self.tables, name))
        rows = connection.execute(statement, (np.ascontiguousarray(numbers, np.int64),)).fetchall()
        return np.fromiter((number for (number,) in rows), np.int64, len(rows))

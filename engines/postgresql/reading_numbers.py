"""Reading the numbers of a version's items."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from engines.postgresql.binary_rows import numbers_of
from engines.postgresql.connections import Connections, DeadlineConnection
from engines.postgresql.tables import Tables

# All numbers of a large version take longer than a question may; so many take a fraction of a second.
_AT_ONCE: Final = 200_000


def read_numbers(connections: Connections, tables: Tables) -> NDArray[np.int64]:
    """All numbers, rising, (N,) int64."""
    found: list[NDArray[np.int64]] = []
    after = -1
    while True:
        statement = sql.SQL(
            "COPY (SELECT number FROM {} WHERE number > {} ORDER BY number LIMIT {}) TO STDOUT (FORMAT binary)"
        ).format(tables.points, sql.Literal(after), sql.Literal(_AT_ONCE))

        def copied(connection: DeadlineConnection, statement: sql.Composed = statement) -> bytes:
            with connection.cursor() as cursor, cursor.copy(statement) as copy:
                return b"".join(copy)

        found.append(numbers_of(connections.read(copied)))
        if found[-1].size < _AT_ONCE:
            return np.concatenate(found)
        after = int(found[-1][-1])

"""How much room a version takes."""

from psycopg import sql

from engines.postgresql.connections import Connections
from engines.postgresql.tables import Tables

_SIZE = sql.SQL("SELECT sum(pg_total_relation_size(to_regclass(name))) FROM unnest(%s::text[]) AS name")


def stored_bytes(connections: Connections, tables: Tables) -> int:
    """Bytes of a version's tables with their indexes, on the server's disk.

    Raises:
        SearchUnavailableError, EngineError: see `Connections.read`.
    """
    names = [table.as_string(None) for table in tables.all]
    return int(connections.fetch(_SIZE, (names,))[0][0] or 0)

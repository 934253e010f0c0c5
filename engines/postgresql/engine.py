"""PostgreSQL with pgvector as a search engine."""

from collections.abc import Sequence
from contextlib import closing

from psycopg import sql

from contracts.errors import EngineError
from contracts.progress import Progress, unseen
from engines.engine import HeldVersion, Shard
from engines.held_numbers import HeldNumbers
from engines.postgresql.address import parse_postgresql_address
from engines.postgresql.connections import Connections
from engines.postgresql.faults import as_project_errors
from engines.postgresql.loading import load_version, remove_version
from engines.postgresql.part import PostgresqlPart
from engines.postgresql.reading_numbers import read_numbers
from engines.postgresql.sizes import stored_bytes
from engines.postgresql.tables import VERSIONS
from engines.postgresql.versions import stored_versions
from index.bundle import Bundle


class PostgresqlEngine:
    """See `engines.engine.Engine`.

    Args:
        address: `postgresql://user:password@host/database`.
        timeout_s: how long a statement may take.

    Raises:
        EngineError: the address cannot be read.
    """

    def __init__(self, address: str, *, timeout_s: float) -> None:
        self._address = parse_postgresql_address(address)
        self._connections = Connections(self._address, timeout_s=timeout_s)

    def __str__(self) -> str:
        return self._address.shown

    def versions(self) -> Sequence[HeldVersion]:
        """See `Engine`."""
        return [stored.held for stored in stored_versions(self._connections)]

    def load(
        self,
        bundle: Bundle,
        *,
        approximate: bool = False,
        shard: Shard | None = None,
        like: Bundle | None = None,
        progress: Progress = unseen,
    ) -> None:
        """See `Engine`."""
        load_version(
            self._connections,
            bundle,
            approximate=approximate,
            shard=shard or Shard(),
            like=like,
            progress=progress,
        )

    def open(self, version: str) -> PostgresqlPart:
        """See `Engine`."""
        held = {stored.held.version: stored for stored in stored_versions(self._connections)}
        stored = held.get(version)
        if stored is None:
            known = f"it holds {', '.join(held)}" if held else "it holds none"
            raise EngineError(
                f"the search engine {self} has no version {version:.60} ({known:.300}); load it with "
                "`lookalike index load`"
            )
        if not stored.held.complete:
            raise EngineError(
                f"version {version:.60} is not complete in the search engine {self}: {stored.held.loaded:,} of "
                f"{stored.held.items:,} items are loaded; run `lookalike index load` again, which goes on there"
            )
        numbers = stored.numbers
        if numbers is None:
            numbers = HeldNumbers.of(read_numbers(self._connections, stored.tables))
        return PostgresqlPart(self._connections, stored, numbers)

    def stored_bytes(self, version: str) -> int:
        """Bytes of a version's tables with their indexes, on the server's disk; 0 if there is none.

        Raises:
            SearchUnavailableError, EngineError: see `Engine`.
        """
        found = (stored for stored in stored_versions(self._connections) if stored.held.version == version)
        return sum(stored_bytes(self._connections, stored.tables) for stored in found)

    def note_recall(self, version: str, recall: float) -> None:
        """See `Engine`."""
        self._update("UPDATE {} SET recall = %s WHERE version = %s", recall, version)

    def make_current(self, version: str) -> None:
        """See `Engine`."""
        self._update("UPDATE {} SET current = (version = %s)", version)

    def remove(self, version: str) -> None:
        """See `Engine`."""
        remove_version(self._connections, version)

    def close(self) -> None:
        """See `Engine`."""
        self._connections.close()

    def _update(self, statement: str, *parameters: object) -> None:
        with closing(self._connections.loading()) as connection, as_project_errors(self._address):
            connection.execute(sql.SQL(statement).format(VERSIONS), parameters)

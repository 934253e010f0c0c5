"""Transactions on the database; the first one checks what it is."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Transaction, select, text
from sqlalchemy.exc import DBAPIError

from catalogue.database_file import check_file, make_file
from catalogue.database_url import DatabaseUrl, parse_database_url
from catalogue.engines import BUSY_TIMEOUT_S, WRITES, open_engine
from catalogue.faults import as_project_errors
from catalogue.schema import check_schema, upgrade_schema
from catalogue.tables import HEAD
from contracts.errors import DatabaseUnavailableError

_PAUSE_S: Final = 0.004
_REPEATABLE_READ: Final = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_READ_COMMITTED: Final = {"isolation_level": "READ COMMITTED", WRITES: True}


class Database:
    """One database, and the connections of this process to it; may be used from any thread.

    Args:
        url: its address.
        create: whether to make it, or bring it up to date, where that is needed.

    Raises:
        DatabaseError: the address cannot be used.
    """

    def __init__(self, url: str, *, create: bool) -> None:
        self.where: Final[DatabaseUrl] = parse_database_url(url)
        self._create = create
        self._identity: str | None = None
        self._checking = threading.Lock()
        # SQLite takes one writer at a time, in no order; in here at least, each waits for its turn.
        self._turn = threading.Lock()
        self._engine = open_engine(self.where)
        self._reading = self._engine
        self._writing = self._engine.execution_options(**{WRITES: True})
        if self.where.file is None:
            self._reading = self._engine.execution_options(**_REPEATABLE_READ)
            self._writing = self._engine.execution_options(**_READ_COMMITTED)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def identity(self) -> str:
        """The catalogue id, after a check of the database that succeeds only once.

        Raises:
            DatabaseError: it has not the schema that is needed, or is no database of a catalogue.
            DatabaseUnavailableError: it cannot be reached now.
        """
        if self._identity is None:
            with self._checking:
                if self._identity is None:
                    self._identity = self._checked()
        return self._identity

    @contextmanager
    def reading(self, *, patient: bool = False) -> Iterator[Connection]:
        """A transaction that sees one moment and changes nothing; it holds up no writer.

        Args:
            patient: whether it may take longer than one question to the database should.

        Raises:
            DatabaseError: as `identity`.
            DatabaseUnavailableError: as `identity`.
        """
        self.identity()
        with as_project_errors(self.where), self._reading.connect() as connection, connection.begin():
            if patient and self.where.file is None:
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            yield connection

    @contextmanager
    def writing(self, *, bulk: bool = False) -> Iterator[Connection]:
        """A transaction that is durable when the block is left, and undone when the block raises.

        Args:
            bulk: whether it is one of many large ones, which let others in between.

        Raises:
            DatabaseError: as `identity`.
            DatabaseUnavailableError: as `identity`; or the database is being written for too long.
        """
        self.identity()
        with as_project_errors(self.where), self._in_turn(), self._writing.connect() as connection:
            transaction = connection.begin()
            try:
                yield connection
            except BaseException:
                transaction.rollback()
                raise
            self._commit(transaction)
        if bulk and self.where.file is not None:
            # SQLite keeps no queue: without it, a single write would find the database taken again and again.
            time.sleep(_PAUSE_S)

    def _commit(self, transaction: Transaction) -> None:
        try:
            transaction.commit()
        except DBAPIError as error:
            if self.where.file is None and error.connection_invalidated:
                raise DatabaseUnavailableError(
                    f"the database {self.where.shown} was lost while it committed, so the change may have been made or "
                    "not; make it again"
                ) from None
            raise

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if self.where.file is None:
            yield
            return
        if not self._turn.acquire(timeout=BUSY_TIMEOUT_S):
            raise DatabaseUnavailableError(
                f"the database {self.where.file} is being written by other requests for too long; try again"
            )
        try:
            yield
        finally:
            self._turn.release()

    def _checked(self) -> str:
        if self.where.file is not None:
            if self._create:
                make_file(self.where.file)
            check_file(self.where.file)
        with as_project_errors(self.where):
            engine = self._writing if self._create else self._reading
            with engine.connect() as connection, connection.begin():
                if self._create:
                    upgrade_schema(connection, self.where)
                else:
                    check_schema(connection, self.where)
                return str(connection.execute(select(HEAD.c.catalogue)).scalar_one())

"""Connections to one PostgreSQL server, lent to one thread at a time."""

import math
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql
from psycopg.abc import PQGen
from psycopg.adapt import Dumper
from psycopg.pq import Format, TransactionStatus

from contracts.errors import EngineError, SearchUnavailableError
from engines.postgresql.address import PostgresqlAddress
from engines.postgresql.binary_rows import int8_array
from engines.postgresql.faults import DeadlineError, as_project_errors

MOST: Final = 16
"""Connections of one process at most; more searches at once wait for them."""

_OLDEST_VECTOR: Final = (0, 8)
_INT8_ARRAY_OID: Final = 1016
_APPLICATION: Final = "lookalike"
# The server's own limit comes first, and leaves the connection usable.
_GRACE_S: Final = 0.1
# How often a waiting thread looks whether its time is over.
_LOOK_S: Final = 0.02
# A server that is gone is noticed also while nothing is sent to it.
_KEEP_ALIVE: Final = {"keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3}
_NO_EXTENSION: Final = (
    "has no extension `vector`; install pgvector there, and run `CREATE EXTENSION vector` in the database as a "
    "superuser, or as the user that the provider names for extensions"
)


_PREPARE: Final = sql.SQL("""
SELECT extversion, current_setting('server_encoding'),
    set_config('search_path', 'pg_catalog, ' || quote_ident(nspname), false),
    set_config('statement_timeout', %s, false), set_config('lock_timeout', %s, false),
    set_config('default_transaction_read_only', 'on', false),
    -- Just-in-time compilation takes longer than nearly all of these statements.
    set_config('jit', 'off', false),
    -- How many items pass a condition depends on its values.
    set_config('plan_cache_mode', 'force_custom_plan', false),
    set_config('hnsw.iterative_scan', 'strict_order', false), set_config('hnsw.ef_search', '500', false),
    set_config('hnsw.max_scan_tuples', '100000', false), set_config('hnsw.scan_mem_multiplier', '8', false)
FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'vector'
""")
_PREPARE_FOR_WRITING: Final = sql.SQL("""
SELECT set_config('statement_timeout', '0', false), set_config('lock_timeout', '10s', false),
    set_config('default_transaction_read_only', 'off', false), set_config('synchronous_commit', 'on', false)
""")
_CONNECT_S: Final = 5.0
# A server that writes to its disk may not listen for a while.
_UNHEARD_S: Final = 60.0
_Result = TypeVar("_Result")
Statement = sql.SQL | sql.Composed
Parameters = Sequence[Any] | Mapping[str, Any]


class DeadlineConnection(psycopg.Connection[tuple[Any, ...]]):
    """A connection that stops waiting at `deadline`, by `time.monotonic`; None: never.

    The server ends a statement by its own clock, but one that is halted or cut off does not.
    """

    deadline: float | None = None

    def wait(self, gen: PQGen[_Result], interval: float = _LOOK_S, timeout: float | None = None) -> _Result:
        """Run a generator of the driver to its end."""
        # Older drivers know no limit here.
        given = () if timeout is None else (timeout,)
        if self.deadline is None:
            return super().wait(gen, interval, *given)
        return super().wait(_until(gen, self.deadline), min(interval, _LOOK_S), *given)


def _until(gen: PQGen[_Result], deadline: float) -> PQGen[_Result]:
    try:
        state = next(gen)
        while True:
            ready = yield state
            if not ready and time.monotonic() >= deadline:
                raise DeadlineError
            state = gen.send(ready)
    except StopIteration as ended:
        result: _Result = ended.value
        return result


class _NumbersDumper(Dumper):
    """Passes numbers of items on as they are in memory."""

    format = Format.BINARY
    oid = _INT8_ARRAY_OID

    def dump(self, obj: NDArray[np.int64]) -> bytes:
        return int8_array(obj)


class Connections:
    """Opens connections when they are needed, in the thread that needs one, and keeps them.

    So a server that is back is used by the very next call. A call that got a connection which was closed meanwhile is
    made again with a new one.

    Args:
        address: of the server.
        timeout_s: how long a call may take.
    """

    def __init__(self, address: PostgresqlAddress, *, timeout_s: float) -> None:
        self.address = address
        self.timeout_s = timeout_s
        self._free = threading.BoundedSemaphore(MOST)
        self._lock = threading.Lock()
        self._idle: list[DeadlineConnection] = []
        self._closed = False

    def fetch(self, statement: Statement, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """The rows of a statement that only reads.

        Raises:
            SearchUnavailableError, EngineError: see `read`.
        """
        return self.read(lambda connection: connection.execute(statement, parameters, binary=True).fetchall())

    def read(self, work: Callable[[DeadlineConnection], _Result]) -> _Result:
        """Do some work that only reads, and may be done twice.

        Raises:
            SearchUnavailableError: no connection is free, or can be made, or the work is not done, in time.
            EngineError: the server refuses this user, or lacks what it takes.
        """
        deadline = time.monotonic() + self.timeout_s + _GRACE_S
        if not self._free.acquire(timeout=self.timeout_s):
            raise SearchUnavailableError(
                f"all {MOST} connections to the search engine {self.address.shown} are in use; try again"
            )
        try:
            with as_project_errors(self.address):
                kept = self._taken()
                if kept is not None:
                    try:
                        return self._done(kept, work, deadline)
                    except psycopg.OperationalError:
                        if not kept.closed or time.monotonic() >= deadline:
                            raise
                        # What closed this one has probably closed the others too.
                        self._drop_idle()
                return self._done(self._made(deadline), work, deadline)
        finally:
            self._free.release()

    def loading(self) -> DeadlineConnection:
        """A connection of one's own that writes, without limits of time; close it.

        Raises:
            SearchUnavailableError, EngineError: see `read`.
        """
        with as_project_errors(self.address):
            connection = self._made(time.monotonic() + max(self.timeout_s, _CONNECT_S), unheard_s=_UNHEARD_S)
            connection.deadline = None
            connection.execute(_PREPARE_FOR_WRITING)
            return connection

    def close(self) -> None:
        """Close those that nobody uses, and from now on each after its use."""
        self._closed = True
        self._drop_idle()

    def _done(
        self, connection: DeadlineConnection, work: Callable[[DeadlineConnection], _Result], deadline: float
    ) -> _Result:
        connection.deadline = deadline
        try:
            return work(connection)
        except DeadlineError:
            connection.close()
            raise
        finally:
            usable = not connection.closed and connection.info.transaction_status == TransactionStatus.IDLE
            if usable and not self._closed:
                with self._lock:
                    self._idle.append(connection)
            else:
                connection.close()

    def _taken(self) -> DeadlineConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _drop_idle(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _made(self, deadline: float, *, unheard_s: float | None = None) -> DeadlineConnection:
        given = self.address.parameters
        left_s = max(0.0, deadline - time.monotonic())
        defaults: dict[str, Any] = {
            **_KEEP_ALIVE,
            "application_name": _APPLICATION,
            # How long what was sent may stay unheard.
            "tcp_user_timeout": math.ceil(1_000 * (unheard_s or self.timeout_s)),
            "connect_timeout": max(2, math.ceil(left_s)),
        }
        # What the address itself says comes first.
        connection = DeadlineConnection.connect("", **{**defaults, **given}, autocommit=True)
        connection.deadline = deadline
        connection.adapters.register_dumper(np.ndarray, _NumbersDumper)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: DeadlineConnection) -> None:
        """Set what every statement relies on, by statements, because not every pooler passes on options."""
        answered = connection.execute("SELECT pg_backend_pid()").fetchone()
        if answered is None or answered[0] != connection.info.backend_pid:
            # It would run the statements of a search in sessions of others, and leave its settings there.
            raise EngineError(
                f"the search engine {self.address.shown} is behind a pooler, such as pgbouncer; name the server "
                f"itself, of which each process takes {MOST} connections at most"
            )
        timeout = f"{math.ceil(1_000 * self.timeout_s)}ms"
        found = connection.execute(_PREPARE, (timeout, timeout)).fetchone()
        if found is None:
            raise EngineError(f"the search engine {self.address.shown} {_NO_EXTENSION}")
        version, encoding, *_ = found
        if tuple(int(part) for part in re.findall("[0-9]+", version)[:2]) < _OLDEST_VECTOR:
            oldest = ".".join(map(str, _OLDEST_VECTOR))
            raise EngineError(
                f"the search engine {self.address.shown} has pgvector {version:.20}, and {oldest} or later is needed; "
                "install it there, and run `ALTER EXTENSION vector UPDATE`"
            )
        if encoding != "UTF8":
            raise EngineError(
                f"the database of the search engine {self.address.shown} is encoded in {encoding:.20}; make one with "
                "`createdb --encoding=UTF8 --template=template0`"
            )

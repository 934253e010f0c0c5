"""Copying a bundle into a database."""

import time
from collections.abc import Iterable
from contextlib import closing
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from psycopg import sql

from contracts.errors import EngineError
from contracts.progress import Progress
from contracts.text_form import one_form
from engines.engine import Shard
from engines.held_numbers import HeldNumbers
from engines.postgresql.address import PostgresqlAddress
from engines.postgresql.binary_rows import END, HEADER, field_rows, full_rows, int8, point_rows
from engines.postgresql.coded_columns import Fields, code_columns, item_codes
from engines.postgresql.connections import Connections, DeadlineConnection
from engines.postgresql.faults import as_project_errors
from engines.postgresql.held_rows import HeldRows
from engines.postgresql.sample import drawn_sample
from engines.postgresql.stored_columns import render_columns
from engines.postgresql.stored_text import to_stored
from engines.postgresql.tables import CREATE, LAYOUT, LAYOUT_TABLE, SCHEMA, VERSIONS, Tables
from engines.postgresql.versions import StoredVersion, insert_version, seal_of, written_version
from index.bundle import Bundle

_AT_ONCE: Final = 10_000
"""Items of one transaction, after which an interrupted load goes on."""

_MOST_GRAPH_MB: Final = 2_048
# Of a graph with 16 neighbours a node, as pgvector lays it out.
_BYTES_OF_NODE: Final = 600
_TEXTS_AT_ONCE: Final = 20_000
_LOCK: Final = "SELECT pg_try_advisory_lock(hashtext('lookalike_search'), hashtext(%s))"
_LOCK_PATIENCE_S: Final = 1.0
_BETWEEN_TRIES_S: Final = 0.02
_BEFORE_PICTURE, _BEFORE_ATTRIBUTES = b",", b',"attributes":'


def load_version(
    connections: Connections,
    bundle: Bundle,
    *,
    approximate: bool,
    shard: Shard,
    like: Bundle | None,
    progress: Progress,
) -> None:
    """See `engines.engine.Engine.load`."""
    address = connections.address
    with closing(connections.loading()) as connection, as_project_errors(address):
        if not _locked(connection, bundle.version):
            raise EngineError(f"another process is loading version {bundle.version} into {address.shown}; wait for it")
        _make_schema(connection)
        numbers = np.arange(len(bundle.items)) if bundle.numbers is None else np.asarray(bundle.numbers)
        rows = np.flatnonzero(numbers % shard.count == shard.place)
        _Load(connection, address, bundle, rows, numbers[rows], approximate, shard, like, progress).run()


def remove_version(connections: Connections, version: str) -> None:
    """See `engines.engine.Engine.remove`."""
    with closing(connections.loading()) as connection, as_project_errors(connections.address):
        stored = written_version(connection, version, connections.address)
        if stored is not None:
            drop_version(connection, stored)


def drop_version(connection: DeadlineConnection, stored: StoredVersion) -> None:
    """Remove a version and its tables."""
    with connection.transaction():
        for table in stored.tables.all:
            connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table))
        connection.execute(sql.SQL("DELETE FROM {} WHERE version = %s").format(VERSIONS), (stored.held.version,))


def _locked(connection: DeadlineConnection, version: str) -> bool:
    """Whether nobody else loads the version; a server takes a moment to notice that the load before has ended."""
    give_up_at = time.monotonic() + _LOCK_PATIENCE_S
    while True:
        found = connection.execute(_LOCK, (version,)).fetchone()
        if found is not None and found[0]:
            return True
        if time.monotonic() >= give_up_at:
            return False
        time.sleep(_BETWEEN_TRIES_S)


def _make_schema(connection: DeadlineConnection) -> None:
    there = connection.execute("SELECT to_regclass('lookalike_search.versions') IS NOT NULL").fetchone()
    if there is not None and there[0]:
        return
    with connection.transaction():
        # Two that make the same tables at once would both fail.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('lookalike_search'))")
        # Who may not create schemas may have been given one.
        found = connection.execute("SELECT to_regnamespace(%s) IS NOT NULL", (SCHEMA,)).fetchone()
        if found is None or not found[0]:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SCHEMA)))
        for statement in CREATE:
            connection.execute(statement)
        connection.execute(
            sql.SQL("INSERT INTO {0} SELECT %s WHERE NOT EXISTS (SELECT FROM {0})").format(LAYOUT_TABLE), (LAYOUT,)
        )


class _Load:
    """One load of some rows of a bundle."""

    def __init__(
        self,
        connection: DeadlineConnection,
        address: PostgresqlAddress,
        bundle: Bundle,
        rows: NDArray[np.int64],
        numbers: NDArray[np.int64],
        approximate: bool,
        shard: Shard,
        like: Bundle | None,
        progress: Progress,
    ) -> None:
        self._connection = connection
        self._address = address
        self._bundle = bundle
        self._rows = rows
        self._numbers = numbers
        self._approximate = approximate
        self._shard = shard
        self._like = like
        self._progress = progress
        self._columns = code_columns(bundle, rows, numbers)

    def run(self) -> None:
        stored = self._begun()
        if stored.held.complete:
            self._progress(stored.held.items, stored.held.items)
            return
        tables = stored.tables
        held = self._held_rows()
        for begin in range(stored.held.loaded, self._rows.size, _AT_ONCE):
            self._progress(begin, self._rows.size)
            self._copy_items(tables, slice(begin, begin + _AT_ONCE), held)
        self._progress(self._rows.size, self._rows.size)
        if not stored.indexed:
            self._index(tables)
        self._complete(tables)

    def _begun(self) -> StoredVersion:
        """The version as it is there, of which nothing may be loaded yet."""
        stored = written_version(self._connection, self._bundle.version, self._address)
        if stored is not None and stored.seal != seal_of(self._bundle):
            raise EngineError(
                f"{self._address.shown} holds another bundle under the name {self._bundle.version}; remove it there "
                "first, with `lookalike index unload`"
            )
        if stored is not None and stored.held.complete:
            if (stored.held.shard, stored.held.approximate) != (self._shard, self._approximate):
                shard = stored.held.shard
                raise EngineError(
                    f"{self._address.shown} holds version {self._bundle.version} complete, but as shard "
                    f"{shard.place} of {shard.count} and {_searched(stored.held.approximate)}; remove it there first"
                )
            return stored
        if stored is not None:
            if (stored.held.shard, stored.held.approximate) == (self._shard, self._approximate):
                return stored
            drop_version(self._connection, stored)
        with self._connection.transaction():
            columns = render_columns(column.stored for column in self._columns)
            added = insert_version(
                self._connection,
                self._bundle,
                numbers=HeldNumbers.of(self._numbers),
                approximate=self._approximate,
                shard=self._shard,
                columns=columns,
            )
            for statement in Tables(added).create(
                self._bundle.gallery.components, self._bundle.full_embeddings.shape[1]
            ):
                self._connection.execute(statement)
        begun = written_version(self._connection, self._bundle.version, self._address)
        if begun is None:
            raise EngineError(f"version {self._bundle.version} was removed from {self._address.shown} while it loaded")
        return begun

    def _held_rows(self) -> HeldRows | None:
        """The version that this one is like, if all of it is here."""
        if self._like is None or self._like.full_embeddings.shape[1] != self._bundle.full_embeddings.shape[1]:
            return None
        stored = written_version(self._connection, self._like.version, self._address)
        if stored is None or not stored.held.complete or stored.seal != seal_of(self._like):
            return None
        return HeldRows(self._like, stored.tables)

    def _copy_items(self, tables: Tables, part: slice, held: HeldRows | None) -> None:
        bundle, rows, numbers = self._bundle, self._rows[part], self._numbers[part]
        same = np.empty(0, np.int64) if held is None else held.equal(bundle, rows, numbers)
        with self._connection.transaction():
            self._copy(
                tables.points,
                point_rows(numbers, bundle.gallery.vectors(rows), item_codes(bundle, self._columns, rows)),
            )
            new = self._not_copied(held, tables, "full", same, numbers)
            self._copy(
                tables.full, full_rows(numbers[new], np.asarray(bundle.full_embeddings[rows[new]]).view(np.int16))
            )
            new = self._not_copied(held, tables, "items", same, numbers)
            self._copy(tables.items, field_rows(_item_rows(bundle, rows[new], numbers[new])))
            self._connection.execute(
                sql.SQL("UPDATE {} SET loaded = loaded + %s WHERE id = %s").format(VERSIONS), (rows.size, tables.id)
            )

    def _not_copied(
        self,
        held: HeldRows | None,
        tables: Tables,
        name: Literal["full", "items"],
        same: NDArray[np.int64],
        numbers: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        """Copy the same items inside the database; which of all are left."""
        if held is None or same.size == 0:
            return np.ones(numbers.size, np.bool_)
        return ~np.isin(numbers, held.copied(self._connection, tables, name, same))

    def _index(self, tables: Tables) -> None:
        """Load the values of columns, and make the indexes that every version has, in one transaction."""
        connection = self._connection
        with connection.transaction():
            for column in self._columns:
                self._copy_fields(tables.texts, column.text_rows())
                self._copy_fields(tables.members, column.member_rows())
            for statement in tables.index():
                connection.execute(statement)
            connection.execute(
                sql.SQL("INSERT INTO {} SELECT * FROM {} WHERE number = ANY(%s)").format(tables.sample, tables.points),
                (drawn_sample(self._numbers),),
            )
            connection.execute(sql.SQL("UPDATE {} SET indexed = true WHERE id = %s").format(VERSIONS), (tables.id,))

    def _complete(self, tables: Tables) -> None:
        """Make the approximate index, and let the server tidy up; each step may be done twice."""
        if self._approximate:
            memory = _graph_mb(self._rows.size, self._bundle.gallery.components)
            # With less than the graph takes, it is built many times as slowly.
            self._connection.execute(
                "SELECT set_config('maintenance_work_mem', %s, false) WHERE %s > "
                "(SELECT setting::bigint / 1024 FROM pg_settings WHERE name = 'maintenance_work_mem')",
                (f"{memory}MB", memory),
            )
            self._connection.execute(tables.index_approximately())
        for table in tables.all:
            # Searches need not ask then whether they may see a row.
            self._connection.execute(sql.SQL("VACUUM (FREEZE, ANALYZE) {}").format(table))
        self._connection.execute(sql.SQL("UPDATE {} SET complete = true WHERE id = %s").format(VERSIONS), (tables.id,))

    def _copy_fields(self, table: sql.Identifier, rows: Iterable[Fields]) -> None:
        batch: list[Fields] = []
        for fields in rows:
            batch.append(fields)
            if len(batch) == _TEXTS_AT_ONCE:
                self._copy(table, field_rows(batch))
                batch.clear()
        if batch:
            self._copy(table, field_rows(batch))

    def _copy(self, table: sql.Identifier, rows: bytes) -> None:
        statement = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(table)
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write(HEADER + rows + END)


def _graph_mb(items: int, components: int) -> int:
    """The memory that an approximate index of some items takes while it is built, MiB."""
    return min(_MOST_GRAPH_MB, items * (_BYTES_OF_NODE + 4 * components) // 2**20 + 1)


def _searched(approximate: bool) -> str:
    return "searched approximately" if approximate else "searched exactly"


def _item_rows(bundle: Bundle, rows: NDArray[np.int64], numbers: NDArray[np.int64]) -> Iterable[Fields]:
    lines, places = bundle.items.lines(rows)
    for number, row, line, (_, id_end, begin, end) in zip(
        numbers.tolist(), rows.tolist(), lines, places.tolist(), strict=True
    ):
        item_id = bundle.items.id(row)
        form = one_form(item_id)
        picture = line[id_end + len(_BEFORE_PICTURE) : begin - len(_BEFORE_ATTRIBUTES)]
        yield (
            int8(number),
            to_stored(item_id).encode(),
            None if form == item_id else to_stored(form).encode(),
            b"{" + picture + b"}",
            line[begin:end],
        )

"""The versions that a database holds, as the table `versions` lists them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import psycopg
from psycopg import sql

from contracts.errors import EngineError
from engines.engine import HeldVersion, Shard
from engines.held_numbers import HeldNumbers
from engines.postgresql.address import PostgresqlAddress
from engines.postgresql.connections import Connections, DeadlineConnection
from engines.postgresql.stored_columns import StoredColumn, parse_columns
from engines.postgresql.tables import LAYOUT, LAYOUT_TABLE, VERSIONS, Tables
from index.bundle import Bundle
from index.scoring import Scoring

_SELECT: Final = sql.SQL(
    "SELECT id, version, items, loaded, complete, approximate, recall, indexed, seal, shard, shards, first_number, "
    "number_step, components, dimensions, first_compared, near_from, columns FROM {}"
).format(VERSIONS)
_IS_THERE: Final = sql.SQL("SELECT to_regclass({}) IS NOT NULL").format(sql.Literal("lookalike_search.versions"))
_LAYOUT: Final = sql.SQL("SELECT number FROM {}").format(LAYOUT_TABLE)


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A row of `versions`.

    Attributes:
        held: what it says to everybody.
        tables: of the version.
        indexed: whether all but the approximate index is there.
        seal: of the bundle's content.
        numbers: of its items; None: they are not evenly spaced, and have to be read.
        components, dimensions: of reduced and of full embeddings.
        scoring: how items are scored by their full embeddings.
        columns: of its items.
    """

    held: HeldVersion
    tables: Tables
    indexed: bool
    seal: str
    numbers: HeldNumbers | None
    components: int
    dimensions: int
    scoring: Scoring
    columns: Sequence[StoredColumn]


def stored_versions(connections: Connections) -> list[StoredVersion]:
    """All versions, oldest first.

    Raises:
        EngineError: another version of Lookalike made the tables.
    """

    def read(connection: DeadlineConnection) -> list[tuple[Any, ...]]:
        return _rows(connection, connections.address)

    return [_version(row, connections.address) for row in connections.read(read)]


def written_version(connection: DeadlineConnection, version: str, address: PostgresqlAddress) -> StoredVersion | None:
    """A version as a connection that writes sees it; None: there is none."""
    found = (_version(row, address) for row in _rows(connection, address))
    return next((stored for stored in found if stored.held.version == version), None)


def _rows(connection: DeadlineConnection, address: PostgresqlAddress) -> list[tuple[Any, ...]]:
    there = connection.execute(_IS_THERE).fetchone()
    if there is None or not there[0]:
        return []
    for (layout,) in connection.execute(_LAYOUT).fetchall():
        if layout != LAYOUT:
            raise EngineError(
                f"the search engine {address.shown} has tables of layout {layout}, and this version of Lookalike knows "
                f"layout {LAYOUT}; use a database of its own for each, or remove them with "
                "`DROP SCHEMA lookalike_search CASCADE` and load again"
            )
    return connection.execute(sql.SQL("{} ORDER BY version, id").format(_SELECT)).fetchall()


def _version(row: tuple[Any, ...], address: PostgresqlAddress) -> StoredVersion:
    number, version, items, loaded, complete, approximate, recall, indexed, seal, place, count, *rest = row
    first, step, components, dimensions, first_compared, near_from, columns = rest
    try:
        return StoredVersion(
            HeldVersion(version, items, loaded, complete, approximate, recall, Shard(place, count)),
            Tables(number),
            indexed,
            seal,
            None if step is None else HeldNumbers(items, first, step, None),
            components,
            dimensions,
            Scoring(first_compared, near_from),
            parse_columns(columns),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise EngineError(
            f"the search engine {address.shown} describes version {version:.60} in a way that cannot be read "
            f"({error!s:.100}); remove it there, and load it again"
        ) from error


def seal_of(bundle: Bundle) -> str:
    """A hash by which a bundle is known again, of what its manifest says and of its reduction."""
    described = {
        "version": bundle.version,
        "created": bundle.created,
        "model": bundle.model.version,
        "items": len(bundle.items),
        "catalogue": bundle.catalogue,
        "sequence": bundle.sequence,
        "columns": {name: column.kind.name for name, column in bundle.attributes.columns.items()},
    }
    seal = hashlib.sha256(orjson.dumps(described))
    seal.update(bundle.reduction.matrix.tobytes())
    seal.update(bundle.reduction.offset.tobytes())
    return seal.hexdigest()


def insert_version(
    connection: psycopg.Connection[Any],
    bundle: Bundle,
    *,
    numbers: HeldNumbers,
    approximate: bool,
    shard: Shard,
    columns: str,
) -> int:
    """Add a version of which nothing is loaded yet; its id."""
    found = connection.execute(
        sql.SQL(
            "INSERT INTO {} (version, seal, items, shard, shards, first_number, number_step, approximate, components, "
            "dimensions, first_compared, near_from, columns) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"
        ).format(VERSIONS),
        (
            bundle.version,
            seal_of(bundle),
            numbers.size,
            shard.place,
            shard.count,
            numbers.first,
            None if numbers.listed is not None else numbers.step,
            approximate,
            bundle.gallery.components,
            bundle.full_embeddings.shape[1],
            bundle.scoring.first,
            float(bundle.scoring.near),
            columns,
        ),
    ).fetchone()
    if found is None:
        raise psycopg.InternalError("the server returned no id for a new row")
    return int(found[0])

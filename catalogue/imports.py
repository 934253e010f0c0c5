"""Imports: what was asked for, who works on it, how far it is, and which rows could not be used."""

import uuid
from collections.abc import Collection, Mapping
from typing import Final

import orjson
from sqlalchemy import delete, func, insert, select

from catalogue.column_names import ColumnNames
from catalogue.database import Database
from catalogue.head import lock_head
from catalogue.import_batches import BatchWriter
from catalogue.import_records import (
    BatchWritten,
    ImportBatch,
    ImportMode,
    ImportRecord,
    ImportStatus,
    RowProblem,
    Unseen,
)
from catalogue.import_rows import now, record_of
from catalogue.leases import Leases, check_owner
from catalogue.storable_text import is_text, storable
from catalogue.tables import IMPORTS, ITEMS, PROBLEMS, SEEN
from catalogue.unseen import remove_unseen, unseen_items
from contracts.errors import CatalogueError, PreconditionError

_UNFINISHED: Final = ("queued", "running")


class Imports:
    """The imports of a catalogue; every method may be called from any thread, and raises as `LiveCatalogue` does."""

    def __init__(self, database: Database, columns: ColumnNames) -> None:
        self._database = database
        self._columns = columns
        self._leases = Leases()

    def create(
        self,
        *,
        key: str | None,
        body_sha256: bytes,
        caller: str,
        mode: ImportMode,
        max_removed: float,
        source: str,
        format: str | None,  # noqa: A002  as in the HTTP contract
        mapping: Mapping[str, str | None] | None,
    ) -> ImportRecord:
        """Queue an import, or find the one that was queued before.

        Args:
            key: that the caller repeats if it is not sure whether it was heard; None: this is another import.
            body_sha256: of all that it asks for; 32 bytes.
            caller: who asks; the same key of another caller is another import.
            mode: as in `ImportRecord`, like the other arguments.

        Raises:
            PreconditionError: the caller used the key for something else before.
            CatalogueError: a text cannot be stored.
        """
        for text in (key, caller, source, format, *(mapping or {}), *(mapping or {}).values()):
            if text is not None and not is_text(text):
                raise CatalogueError(f"{text!r:.100} holds NUL or half of a surrogate pair, which is no text")
        moment = now()
        values = {
            "id": uuid.uuid4().hex,
            "caller": caller,
            "key": key,
            "body_sha256": body_sha256,
            "status": "queued",
            "mode": mode,
            "max_removed": max_removed,
            "source": source,
            "format": format,
            "mapping": None if mapping is None else orjson.dumps(dict(mapping)).decode(),
            **dict.fromkeys(("position", "rows", "created", "replaced", "unchanged", "deleted", "failed"), 0),
            "created_at": moment,
            "updated_at": moment,
            "lease_s": 0.0,
            "attempts": 0,
            "beat": 0,
        }
        with self._database.writing() as connection:
            lock_head(connection)
            same = select(IMPORTS).where(IMPORTS.c.caller == caller, IMPORTS.c.key == key)
            found = None if key is None else connection.execute(same).one_or_none()
            if found is None:
                connection.execute(insert(IMPORTS).values(values))
                found = connection.execute(select(IMPORTS).where(IMPORTS.c.id == values["id"])).one()
            elif bytes(found.body_sha256) != body_sha256:
                raise PreconditionError(
                    f"the key {key!r:.60} was used for another import, {found.id}; choose a new key for this one"
                )
            return record_of(found)

    def get(self, import_id: str) -> ImportRecord | None:
        """An import, or None: there is none of this id."""
        if not is_text(import_id):
            return None
        with self._database.reading() as connection:
            row = connection.execute(select(IMPORTS).where(IMPORTS.c.id == import_id)).one_or_none()
            return None if row is None else record_of(row)

    def latest(self, limit: int) -> list[ImportRecord]:
        """The newest imports, newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(IMPORTS).order_by(IMPORTS.c.place.desc()).limit(limit))
            return [record_of(row) for row in rows]

    def errors(self, import_id: str, *, limit: int, offset: int) -> tuple[list[RowProblem], int]:
        """Some of an import's problems, by when they were found, and how many of them are kept."""
        if not is_text(import_id):
            return [], 0
        of_it = PROBLEMS.c.import_id == import_id
        wanted = select(PROBLEMS.c.row, PROBLEMS.c.item_id, PROBLEMS.c.code, PROBLEMS.c.detail).where(of_it)
        with self._database.reading() as connection:
            total = connection.execute(select(func.count()).select_from(PROBLEMS).where(of_it)).scalar_one()
            rows = connection.execute(wanted.order_by(PROBLEMS.c.place).limit(limit).offset(offset))
            return [RowProblem(*row) for row in rows], total

    def claim(self, owner: str, *, lease_s: float) -> ImportRecord | None:
        """Take the oldest unfinished import, unless another process works on it; see `catalogue.leases`.

        Imports are done one after the other, so that of two feeds the one that came last has the last word.

        Args:
            owner: a name that no other running process has. Who claims under the name of a process that is dead goes
                on at once.
            lease_s: how long without a sign of life others wait before they take it over.
        """
        with self._database.writing() as connection:
            lock_head(connection)
            oldest = select(IMPORTS).where(IMPORTS.c.status.in_(_UNFINISHED)).order_by(IMPORTS.c.place).limit(1)
            row = connection.execute(oldest).one_or_none()
            if row is None or not self._leases.is_free(row, owner):
                return None
            return self._leases.take(connection, row, owner, lease_s)

    def renew(self, import_id: str, owner: str) -> None:
        """Give a sign of life, where batches take long.

        Raises:
            LeaseLostError: another process has taken it over, or it is finished.
        """
        with self._database.writing() as connection:
            lock_head(connection)
            check_owner(connection, import_id, owner)

    def commit(self, import_id: str, owner: str, batch: ImportBatch) -> BatchWritten:
        """Write a batch: changes, seen ids, problems, position and counters in one transaction; a sign of life too.

        A row that cannot be stored is recorded as a problem. Deleting what is not there changes nothing.

        Raises:
            LeaseLostError: another process has taken it over, or it is finished.
            EmbeddingMissingError: a Put came without an embedding, and its content has none; nothing was written.
        """
        with self._database.writing(bulk=True) as connection:
            lock_head(connection)
            check_owner(connection, import_id, owner)
            writer = BatchWriter(connection, self._columns, import_id)
            written = writer.write(batch)
        writer.remember()
        return written

    def seen(self, import_id: str, ids: Collection[str]) -> set[str]:
        """Those of some ids, at most 1,000, that earlier batches named."""
        with self._database.reading() as connection:
            found = select(SEEN.c.item_id).where(SEEN.c.import_id == import_id, SEEN.c.item_id.in_(list(ids)))
            return set(connection.execute(found).scalars())

    def count_unseen(self, import_id: str) -> Unseen:
        """What `remove_unseen` would remove, beside what there is."""
        with self._database.reading(patient=True) as connection:
            unseen = connection.execute(
                select(func.count()).select_from(unseen_items(import_id).subquery())
            ).scalar_one()
            live = connection.execute(select(func.count()).where(ITEMS.c.deleted.is_(False))).scalar_one()
            return Unseen(unseen, live)

    def remove_unseen(self, import_id: str, owner: str, *, most: int) -> int:
        """Delete some of the items that the feed did not name and that were there when the import began.

        Args:
            most: so many at once.

        Returns:
            How many; 0: none is left.

        Raises:
            LeaseLostError: another process has taken it over, or it is finished.
        """
        with self._database.writing(bulk=True) as connection:
            lock_head(connection)
            check_owner(connection, import_id, owner)
            return remove_unseen(connection, self._columns, import_id, most)

    def finish(self, import_id: str, owner: str, status: ImportStatus, detail: str | None) -> None:
        """Record how it ended; the ids that it has seen are forgotten.

        Raises:
            LeaseLostError: another process has taken it over, or it is finished.
        """
        with self._database.writing() as connection:
            lock_head(connection)
            check_owner(connection, import_id, owner)
            self._leases.end(connection, import_id, status, None if detail is None else storable(detail))
            connection.execute(delete(SEEN).where(SEEN.c.import_id == import_id))

"""One batch of an import, in one transaction."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from catalogue.column_names import ColumnNames
from catalogue.import_records import BatchWritten, ImportBatch, RowChange, RowProblem
from catalogue.import_rows import now
from catalogue.item_writer import ItemWriter
from catalogue.storable_text import is_text, storable
from catalogue.tables import IMPORTS, PROBLEMS, SEEN
from catalogue.upserts import insert_missing
from contracts.errors import AttributesError, CatalogueError, UnknownItemError

MOST_PROBLEMS: Final = 10_000
# As the HTTP contract names them.
_INVALID_ATTRIBUTES: Final = "invalid_attributes"
_INVALID_ITEM: Final = "invalid_item"


class BatchWriter:
    """Writes one batch.

    Args:
        connection: in a transaction that writes.
        columns: as for `ItemWriter`.
        import_id: which import it belongs to; the caller has checked that it is its own.
    """

    def __init__(self, connection: Connection, columns: ColumnNames, import_id: str) -> None:
        self._connection = connection
        self._import_id = import_id
        self._writer = ItemWriter(connection, columns)

    def write(self, batch: ImportBatch) -> BatchWritten:
        """Write changes, seen ids, problems, position and counters.

        Raises:
            EmbeddingMissingError: a Put came without an embedding, and its content has none.
        """
        written = self._apply(batch.changes)
        problems = [*batch.problems, *written.refused]
        insert_missing(
            self._connection,
            SEEN,
            [
                {"import_id": self._import_id, "item_id": item_id}
                for item_id in dict.fromkeys(batch.seen)
                if is_text(item_id)
            ],
        )
        self._record(problems)
        self._count(batch, written, len(problems))
        return written

    def remember(self) -> None:
        """As `ItemWriter.remember`."""
        self._writer.remember()

    def _apply(self, changes: Sequence[RowChange]) -> BatchWritten:
        self._writer.load([row.change.id for row in changes if is_text(row.change.id)])
        created = replaced = unchanged = deleted = 0
        refused: list[RowProblem] = []
        for row in changes:
            try:
                written = self._writer.apply(row.change)
            except UnknownItemError:
                unchanged += 1
                continue
            except AttributesError as error:
                refused.append(RowProblem(row.row, row.change.id, _INVALID_ATTRIBUTES, str(error)))
                continue
            except CatalogueError as error:
                refused.append(RowProblem(row.row, row.change.id, _INVALID_ITEM, str(error)))
                continue
            created += written.created
            deleted += written.item.deleted
            replaced += written.changed and not written.created and not written.item.deleted
            unchanged += not written.changed
        return BatchWritten(self._writer.finish(), created, replaced, unchanged, deleted, tuple(refused))

    def _record(self, problems: Sequence[RowProblem]) -> None:
        if not problems:
            return
        of_it = PROBLEMS.c.import_id == self._import_id
        kept = self._connection.execute(select(func.count()).select_from(PROBLEMS).where(of_it)).scalar_one()
        rows = [
            {
                "import_id": self._import_id,
                "row": problem.row,
                "item_id": None if problem.item_id is None else storable(problem.item_id),
                "code": problem.code,
                "detail": storable(problem.detail),
            }
            for problem in problems[: max(0, MOST_PROBLEMS - kept)]
        ]
        if rows:
            self._connection.execute(insert(PROBLEMS), rows)

    def _count(self, batch: ImportBatch, written: BatchWritten, failed: int) -> None:
        columns = IMPORTS.c
        self._connection.execute(
            update(IMPORTS)
            .where(columns.id == self._import_id)
            .values(
                position=batch.position,
                rows=columns.rows + batch.rows,
                created=columns.created + written.created,
                replaced=columns.replaced + written.replaced,
                unchanged=columns.unchanged + written.unchanged,
                deleted=columns.deleted + written.deleted,
                failed=columns.failed + failed,
                sequence=columns.sequence if written.sequence is None else written.sequence,
                attempts=0,
                updated_at=now(),
            )
        )

"""What a replacing import removes: items that its feed did not name."""

from typing import Any

from sqlalchemy import Connection, Select, exists, select, update

from catalogue.column_names import ColumnNames
from catalogue.import_rows import now
from catalogue.item_writer import ItemWriter
from catalogue.items import Delete
from catalogue.tables import IMPORTS, ITEMS, SEEN


def unseen_items(import_id: str) -> Select[Any]:
    """Ids of the live items that a feed did not name; those put after the import began are left alone."""
    began = select(IMPORTS.c.first_number).where(IMPORTS.c.id == import_id).scalar_subquery()
    named = exists().where(SEEN.c.import_id == import_id, SEEN.c.item_id == ITEMS.c.id)
    return select(ITEMS.c.id).where(ITEMS.c.deleted.is_(False), ITEMS.c.number < began, ~named)


def remove_unseen(connection: Connection, columns: ColumnNames, import_id: str, most: int) -> int:
    """Delete at most so many of them; returns how many."""
    writer = ItemWriter(connection, columns)
    # Behind the lock that the writer holds: nobody else changes an item between this and the end.
    ids = connection.execute(unseen_items(import_id).order_by(ITEMS.c.number).limit(most)).scalars().all()
    writer.load(ids)
    for item_id in ids:
        writer.apply(Delete(item_id))
    sequence = writer.finish()
    if sequence is not None:
        counted = {"deleted": IMPORTS.c.deleted + len(ids), "sequence": sequence, "attempts": 0, "updated_at": now()}
        connection.execute(update(IMPORTS).where(IMPORTS.c.id == import_id).values(counted))
    return len(ids)

"""Forgetting deleted items, and embeddings and names of attributes that no item uses."""

import orjson
from sqlalchemy import Connection, delete, exists, func, select, update

from catalogue.database import Database
from catalogue.head import lock_head
from catalogue.picture_notes import forget_notes
from catalogue.tables import COLUMNS, EMBEDDINGS, HEAD, IMPORTS, ITEMS

_AT_ONCE = 500
# Names are counted afresh only once they come near their limit, because every item is read for it.
_MANY_NAMES = 5_000
_KEPT_IMPORTS = 1_000


def purge(database: Database, up_to: int) -> int:
    """Forget deleted items with a sequence number of at most `up_to`, in short transactions.

    Returns:
        How many.
    """
    forgotten = 0
    while part := _forget_items(database, up_to):
        forgotten += part
    _forget_embeddings(database)
    forget_notes(database)
    _forget_names(database)
    _forget_imports(database)
    return forgotten


def _forget_items(database: Database, up_to: int) -> int:
    old = select(ITEMS.c.id, ITEMS.c.sequence).where(ITEMS.c.deleted.is_(True), ITEMS.c.sequence <= up_to)
    with database.reading() as connection:
        if connection.execute(old.limit(1)).first() is None:
            return 0
    with database.writing(bulk=True) as connection:
        purged = lock_head(connection).purged
        rows = connection.execute(old.order_by(ITEMS.c.sequence).limit(_AT_ONCE)).all()
        connection.execute(delete(ITEMS).where(ITEMS.c.id.in_([row.id for row in rows])))
        newest = max([purged, *(row.sequence for row in rows)])
        connection.execute(update(HEAD).values(purged=newest))
    return len(rows)


def _forget_embeddings(database: Database) -> None:
    used = exists().where(ITEMS.c.content == EMBEDDINGS.c.content, ITEMS.c.deleted.is_(False))
    unused = select(EMBEDDINGS.c.content).where(~used).distinct()
    with database.reading() as connection:
        contents = list(connection.execute(unused).scalars())
    for first in range(0, len(contents), _AT_ONCE):
        part = contents[first : first + _AT_ONCE]
        with database.writing(bulk=True) as connection:
            # Behind the lock, because an item may have begun to use one meanwhile.
            lock_head(connection)
            connection.execute(delete(EMBEDDINGS).where(EMBEDDINGS.c.content.in_(part), ~used))


def _forget_names(database: Database) -> None:
    with database.reading() as connection:
        if connection.execute(select(func.count()).select_from(COLUMNS)).scalar_one() < _MANY_NAMES:
            return
    with database.writing(bulk=True) as connection:
        lock_head(connection)
        kept = _names_in_use(connection)
        unused = [name for name in connection.execute(select(COLUMNS.c.name)).scalars() if name not in kept]
        for first in range(0, len(unused), _AT_ONCE):
            connection.execute(delete(COLUMNS).where(COLUMNS.c.name.in_(unused[first : first + _AT_ONCE])))


def _names_in_use(connection: Connection) -> set[str]:
    names: set[str] = set()
    statement = select(ITEMS.c.attributes).where(ITEMS.c.deleted.is_(False))
    for attributes in connection.execute(statement, execution_options={"yield_per": _AT_ONCE}).scalars():
        names.update(orjson.loads(attributes))
    return names


def _forget_imports(database: Database) -> None:
    finished = IMPORTS.c.status.not_in(["queued", "running"])
    with database.reading() as connection:
        newest = connection.execute(select(func.max(IMPORTS.c.place))).scalar()
    if newest is not None and newest > _KEPT_IMPORTS:
        with database.writing(bulk=True) as connection:
            lock_head(connection)
            connection.execute(delete(IMPORTS).where(finished, IMPORTS.c.place <= newest - _KEPT_IMPORTS))

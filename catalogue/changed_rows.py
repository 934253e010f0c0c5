"""What changed, and everything there is, as search needs it."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, and_, bindparam, func, select

from catalogue.items import Changes
from catalogue.rows import changed_item, item_of
from catalogue.tables import EMBEDDINGS, HEAD, ITEMS
from contracts.changed_item import ChangedItem
from contracts.errors import DatabaseError

_AT_ONCE: Final = 1_000
# Built once: building takes longer than running.
_REACH: Final = select(HEAD.c.sequence, HEAD.c.purged)
_EMBEDDED: Final = and_(EMBEDDINGS.c.content == ITEMS.c.content, EMBEDDINGS.c.model == bindparam("of_model"))
_WITH_EMBEDDINGS: Final = select(ITEMS, EMBEDDINGS.c.vector).select_from(ITEMS.outerjoin(EMBEDDINGS, _EMBEDDED))
_CHANGES: Final = _WITH_EMBEDDINGS.where(ITEMS.c.sequence > bindparam("after")).order_by(
    ITEMS.c.sequence, ITEMS.c.number
)
_ALL: Final = _WITH_EMBEDDINGS.where(ITEMS.c.deleted.is_(False)).order_by(ITEMS.c.number)


def read_changes(connection: Connection, after: int, model: str) -> Changes:
    """Everything that changed after a sequence number.

    Args:
        connection: in a transaction that sees one moment.
        after: 0 or more.
        model: version of the network whose embeddings are wanted.

    Raises:
        DatabaseError: deletions since then are forgotten, or the database is older than that.
    """
    sequence = check_reach(connection, after)
    if sequence == after:
        return Changes(sequence, (), ())
    items: list[ChangedItem] = []
    lacking: list[str] = []
    for row in connection.execute(_CHANGES, {"of_model": model, "after": after}):
        item = item_of(row)
        if item.deleted or row.vector is not None:
            items.append(changed_item(item, row.vector))
        else:
            lacking.append(item.id)
    return Changes(sequence, items, lacking)


def count_changes(connection: Connection, after: int) -> int:
    """How many items changed after a sequence number.

    Raises:
        DatabaseError: as `read_changes`.
    """
    check_reach(connection, after)
    return connection.execute(select(func.count()).where(ITEMS.c.sequence > after)).scalar_one()


def read_all(connection: Connection, model: str) -> Iterator[ChangedItem]:
    """Every live item by number; embedding None where the database has none by this network."""
    with connection.execute(_ALL, {"of_model": model}, execution_options={"yield_per": _AT_ONCE}) as rows:
        for row in rows:
            yield changed_item(item_of(row), row.vector)


def check_reach(connection: Connection, after: int) -> int:
    """The newest sequence number, if what came after another one can be told.

    Raises:
        DatabaseError: deletions since then are forgotten, or the database is older than that.
    """
    sequence, purged = connection.execute(_REACH).one()
    if after > sequence:
        raise DatabaseError(
            f"the database stands at change {sequence}, and the index has change {after}: it was restored from an "
            "older backup; go back to an index that is not newer with `lookalike index rollback`, or build one"
        )
    if after < purged:
        raise DatabaseError(
            f"the database has forgotten which items were deleted after change {after}, up to {purged}; "
            "an index that old cannot be brought up to date: promote a newer one"
        )
    return int(sequence)

"""The one row that every writer locks."""

from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select, update

from catalogue.tables import HEAD

# Built once: building takes longer than running. SQLite knows no lock of a row: its transaction has begun with one.
_LOCK: Final = select(HEAD).with_for_update()
_MOVE_ON: Final = update(HEAD).values(sequence=bindparam("sequence"), next_number=bindparam("next_number"))


def lock_head(connection: Connection) -> Row[Any]:
    """Wait until no other transaction writes, and keep others from it until this one ends.

    Every transaction that writes does this first. So none waits for another that waits for it, changes become visible
    in the order of their sequence numbers, and what is read afterwards stays as it is.

    Returns:
        The row of `head`.
    """
    return connection.execute(_LOCK).one()


def move_on(connection: Connection, sequence: int, next_number: int) -> None:
    """Record the sequence number of this transaction, and the number that the next new item gets."""
    connection.execute(_MOVE_ON, {"sequence": sequence, "next_number": next_number})

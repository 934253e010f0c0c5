"""The one row that every writer locks."""

from typing import Any

from sqlalchemy import Connection, Row, select

from catalogue.tables import HEAD


def lock_head(connection: Connection) -> Row[Any]:
    """Wait until no other transaction writes, and keep others from it until this one ends.

    Every transaction that writes does this first. So none waits for another that waits for it, changes become visible
    in the order of their sequence numbers, and what is read afterwards stays as it is.

    Returns:
        The row of `head`.
    """
    # SQLite knows no such clause: there, the transaction has begun with the lock.
    return connection.execute(select(HEAD).with_for_update()).one()

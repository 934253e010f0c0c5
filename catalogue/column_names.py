"""The names of all attributes in the catalogue, of which there may be only so many."""

from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from catalogue.tables import COLUMNS
from catalogue.upserts import insert_missing
from contracts.attribute_limits import MOST_COLUMNS
from contracts.errors import AttributesError


class ColumnNames:
    """Counts the names; asks the database only about those that this process has not seen there.

    `purge` forgets names that no item has any more. One that is remembered here although it is forgotten there is
    counted late, which does no harm: the limit is that of indexes, far beyond any catalogue.
    """

    def __init__(self) -> None:
        self._known: frozenset[str] = frozenset()

    def admit(self, connection: Connection, names: Iterable[str]) -> set[str]:
        """Record names that are new.

        Returns:
            What `remember` takes once the transaction is committed.

        Raises:
            AttributesError: the catalogue would have too many; nothing was recorded.
        """
        asked = set(names) - self._known
        if not asked:
            return asked
        there = set(connection.execute(select(COLUMNS.c.name).where(COLUMNS.c.name.in_(asked))).scalars())
        new = asked - there
        if new:
            count = connection.execute(select(func.count()).select_from(COLUMNS)).scalar_one()
            if count + len(new) > MOST_COLUMNS:
                raise AttributesError(
                    f"the catalogue would have more than {MOST_COLUMNS:,} different attributes with "
                    f"{min(new)!r:.100}; use those that it has, or move what they tell apart into their values"
                )
            insert_missing(connection, COLUMNS, [{"name": name} for name in sorted(new)])
        return asked

    def remember(self, names: Iterable[str]) -> None:
        """Ask no more about names that are in the database for certain."""
        self._known = self._known.union(names)

    def forget(self) -> None:
        """Ask about each again."""
        self._known = frozenset()

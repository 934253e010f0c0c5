"""Changes to items within one transaction, which share one sequence number."""

from collections.abc import Collection
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, bindparam, select

from catalogue.applying import Applied, applied, check_change
from catalogue.column_names import ColumnNames
from catalogue.embeddings import known_contents
from catalogue.head import lock_head, move_on
from catalogue.items import ANYTHING, Change, Expected, Patch, Put, StoredItem, Written
from catalogue.rows import item_of, values_of, vector_of
from catalogue.tables import EMBEDDINGS, ITEMS
from catalogue.upserts import insert_missing, insert_or_replace
from contracts.errors import (
    AttributesError,
    CatalogueError,
    EmbeddingMissingError,
    LookalikeError,
    PreconditionError,
    UnknownItemError,
)

_AT_ONCE: Final = 1_000
# Built once: building takes longer than running.
_OF_IDS: Final = select(ITEMS).where(ITEMS.c.id.in_(bindparam("ids", expanding=True)))


class ItemWriter:
    """Applies changes one after the other, and writes what they come to at the end.

    Args:
        connection: in a transaction that writes.
        columns: the names of attributes that the catalogue has.
    """

    def __init__(self, connection: Connection, columns: ColumnNames) -> None:
        self._connection = connection
        self._columns = columns
        head = lock_head(connection)
        self._sequence: int = head.sequence + 1
        self._next_number: int = head.next_number
        self._items: dict[str, StoredItem | None] = {}
        self._changed: set[str] = set()
        self._vectors: dict[tuple[bytes, str], bytes] = {}
        self._assumed: dict[str | None, set[bytes]] = {}
        self._names: set[str] = set()

    @property
    def next_number(self) -> int:
        """The number that the next new item gets."""
        return self._next_number

    def load(self, ids: Collection[str]) -> None:
        """Read some items at once that are about to change."""
        missing = [item_id for item_id in dict.fromkeys(ids) if item_id not in self._items]
        for first in range(0, len(missing), _AT_ONCE):
            part = missing[first : first + _AT_ONCE]
            self._items.update(dict.fromkeys(part))
            found = map(item_of, self._connection.execute(_OF_IDS, {"ids": part}))
            self._items.update((item.id, item) for item in found)

    def apply(self, change: Change, expected: Expected = ANYTHING) -> Written:
        """Apply a change.

        Raises:
            CatalogueError: id or picture cannot be stored.
            AttributesError: the attributes cannot be stored.
            UnknownItemError: there is no such item to change or delete.
            PreconditionError: it is not what was expected.
        """
        change = check_change(change)
        self.load([change.id])
        before = self._items[change.id]
        result = applied(before, change, expected)
        if isinstance(change, (Put, Patch)) and result.changed:
            known = before.attributes if before is not None else {}
            added = [name for name in result.item.attributes if name not in known and name not in self._names]
            self._names |= self._columns.admit(self._connection, added)
        if isinstance(change, Put):
            self._note_embedding(change)
        item = self._numbered(result) if result.changed else result.item
        return Written(item, item.sequence, result.changed, result.created)

    def try_to_apply(self, change: Change, expected: Expected) -> Written | LookalikeError:
        """Apply a change, or tell why not, so that others of the same transaction stand.

        Unlike `apply`, it looks at once whether the embedding is there that a Put does not bring.
        """
        try:
            if isinstance(change, Put) and change.embedding is None:
                self._check_known([change.content], change.model)
            return self.apply(change, expected)
        except (AttributesError, CatalogueError, EmbeddingMissingError, PreconditionError, UnknownItemError) as refusal:
            return refusal

    def finish(self) -> int | None:
        """Write everything; no more changes after it.

        Returns:
            The sequence number of the changes, or None if nothing changed.

        Raises:
            EmbeddingMissingError: an item came without an embedding, and its content has none.
        """
        insert_missing(
            self._connection,
            EMBEDDINGS,
            [
                {"content": content, "model": model, "vector": vector}
                for (content, model), vector in self._vectors.items()
            ],
        )
        self._check_assumed()
        if not self._changed:
            return None
        rows = [self._items[item_id] for item_id in self._changed]
        insert_or_replace(self._connection, ITEMS, [values_of(item) for item in rows if item is not None])
        move_on(self._connection, self._sequence, self._next_number)
        return self._sequence

    def remember(self) -> None:
        """Keep what this transaction has shown; call it once it is committed."""
        self._columns.remember(self._names)

    def _numbered(self, result: Applied) -> StoredItem:
        number = result.item.number
        if result.created:
            number = self._next_number
            self._next_number += 1
        item = replace(result.item, number=number, sequence=self._sequence)
        self._items[item.id] = item
        self._changed.add(item.id)
        return item

    def _note_embedding(self, put: Put) -> None:
        if put.embedding is None:
            self._assumed.setdefault(put.model, set()).add(put.content)
            return
        if put.model is None:
            raise ValueError("an embedding comes with the version of its network")
        self._vectors.setdefault((put.content, put.model), vector_of(put.embedding))

    def _check_assumed(self) -> None:
        for model, contents in self._assumed.items():
            self._check_known(contents, model)

    def _check_known(self, contents: Collection[bytes], model: str | None) -> None:
        """Refuse contents without an embedding; one that comes with this transaction counts."""
        wanted = [content for content in contents if model is None or (content, model) not in self._vectors]
        missing = set(wanted).difference(known_contents(self._connection, wanted, model) if wanted else ())
        if missing:
            raise EmbeddingMissingError(
                f"there is no embedding of content {min(missing).hex()}"
                f"{'' if model is None else f' by {model}'}; embed the picture, and write the item again"
            )

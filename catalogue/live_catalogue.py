"""The live catalogue: one place where all items are, with a number for each change."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import bindparam, select

from catalogue.adopting import ContentOf, adopt_items
from catalogue.applying import check_expected
from catalogue.changed_rows import count_changes, read_all, read_changes
from catalogue.column_names import ColumnNames
from catalogue.database import Database
from catalogue.embeddings import add_embeddings, known_contents, read_embedding
from catalogue.head import lock_head
from catalogue.imports import Imports
from catalogue.item_writer import ItemWriter
from catalogue.items import ANYTHING, Change, Changes, Expected, StoredItem, Wanted, Written, WrittenTogether
from catalogue.picture_notes import PictureNote, read_notes, write_notes
from catalogue.purging import purge
from catalogue.rows import item_of
from catalogue.state import State, read_state
from catalogue.storable_text import is_text
from catalogue.tables import ADOPTED, HEAD, ITEMS
from contracts.changed_item import ChangedItem
from contracts.errors import DatabaseUnavailableError

# Built once: building takes longer than running.
_SEQUENCE: Final = select(HEAD.c.sequence)
_PICTURES: Final = select(ITEMS.c.image).distinct()
_ITEM: Final = select(ITEMS).where(ITEMS.c.id == bindparam("item_id"))


class LiveCatalogue:
    """Reads and writes items; open it with `open`, and close it.

    Every method waits for the database, and may be called from any thread. What a method has written is on the disk
    when it returns, and undone when it raises. Only one case is open: where a PostgreSQL server is lost just while it
    commits, the message says that the change may have been made.

    Each raises DatabaseUnavailableError if the database cannot be reached, read or written now, and DatabaseError if it
    is not one that can be used.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._columns = ColumnNames()
        self.imports = Imports(database, self._columns)

    @classmethod
    def open(cls, url: str, *, create: bool) -> "LiveCatalogue":
        """Open a database.

        Where it cannot be reached now, this succeeds all the same, and it is looked at with the first call that can.

        Args:
            url: `sqlite:///FILE`, or `postgresql://...`.
            create: whether to make it and its tables, and to bring older ones up to date.

        Raises:
            DatabaseError: the address is wrong, or the database has no schema that can be used.
        """
        database = Database(url, create=create)
        try:
            with suppress(DatabaseUnavailableError):
                database.identity()
        except BaseException:
            database.close()
            raise
        return cls(database)

    @property
    def identity(self) -> str:
        """The catalogue id, a UUID that it got when it was made."""
        return self._database.identity()

    @property
    def shown(self) -> str:
        """The address without its password."""
        return self._database.where.shown

    def close(self) -> None:
        """Close all connections."""
        self._database.close()

    def sequence(self) -> int:
        """The number of the newest change; 0: there was none."""
        with self._database.reading() as connection:
            return int(connection.execute(_SEQUENCE).scalar_one())

    def state(self) -> State:
        """Counts and sizes, for people; it takes a moment with many items."""
        with self._database.reading() as connection:
            return read_state(connection)

    def adopted(self) -> Mapping[str, int]:
        """The bundles whose items were taken over: version -> sequence number."""
        with self._database.reading() as connection:
            return {row.version: row.sequence for row in connection.execute(select(ADOPTED))}

    def item(self, item_id: str) -> StoredItem | None:
        """The item of an id in one form, also a deleted one; None: there is none, or it is forgotten."""
        if not is_text(item_id):
            return None
        with self._database.reading() as connection:
            row = connection.execute(_ITEM, {"item_id": item_id}).one_or_none()
            return None if row is None else item_of(row)

    def embedding(self, content: bytes, model: str) -> NDArray[np.float32] | None:
        """The (512,) float32 embedding of a content by a network; None: it was not embedded by it."""
        with self._database.reading() as connection:
            return read_embedding(connection, content, model)

    def known_contents(self, contents: Collection[bytes], model: str) -> set[bytes]:
        """Those of some contents that have an embedding by a network."""
        with self._database.reading() as connection:
            return known_contents(connection, contents, model)

    def add_embeddings(self, embeddings: Mapping[bytes, NDArray[np.float32]], model: str) -> None:
        """Keep embeddings of items that are there, such as those that another network makes of them.

        Args:
            embeddings: content -> (512,) float32.
            model: version of the network.
        """
        with self._database.writing(bulk=True) as connection:
            lock_head(connection)
            add_embeddings(connection, embeddings, model)

    def check(self, item_id: str, expected: Expected) -> None:
        """Refuse early what `write` would refuse; the item may still change until then.

        Raises:
            PreconditionError: it is not what was expected.
        """
        item = self.item(item_id)
        check_expected(None if item is None or item.deleted else item, item_id, expected)

    def write(self, change: Change, *, expected: Expected = ANYTHING) -> Written:
        """Change one item.

        Raises:
            CatalogueError: its id or picture cannot be stored.
            AttributesError: its attributes cannot be stored, or the catalogue has too many different ones.
            UnknownItemError: there is no such item to change or delete.
            PreconditionError: it is not what was expected.
            EmbeddingMissingError: a Put came without an embedding, and its content has none.
        """
        with self._database.writing() as connection:
            writer = ItemWriter(connection, self._columns)
            written = writer.apply(change, expected)
            writer.finish()
        writer.remember()
        return written

    def write_together(self, wanted: Sequence[Wanted], *, after: int, model: str) -> WrittenTogether:
        """Change several items in one transaction, and read everything that changed after a sequence number.

        Each change is made or refused as by `write`, after those before it. They share one sequence number.

        Args:
            wanted: by several clients; may name an item more than once.
            after: as for `changes`.
            model: as for `changes`.

        Raises:
            DatabaseError: as `changes`, or by one of the changes, as `write` would; nothing was changed.
        """
        with self._database.writing() as connection:
            writer = ItemWriter(connection, self._columns)
            outcomes = [writer.try_to_apply(each.change, each.expected) for each in wanted]
            writer.finish()
            changes = read_changes(connection, after, model)
        writer.remember()
        return WrittenTogether(outcomes, changes)

    def changes(self, *, after: int, model: str) -> Changes:
        """Everything that changed after a sequence number, as one moment sees it.

        Raises:
            DatabaseError: also if deletions since then are forgotten, or the database is older than that.
        """
        with self._database.reading() as connection:
            return read_changes(connection, after, model)

    def count_changes(self, *, after: int) -> int:
        """How many items changed after a sequence number; raises as `changes`."""
        with self._database.reading() as connection:
            return count_changes(connection, after)

    def all_items(self, model: str) -> Iterator[ChangedItem]:
        """Every live item by number, as one moment sees it; it may be as large as the catalogue.

        For an index at a known sequence number, take `sequence` before it: what comes in between is then found in
        both, and its change is only applied twice.

        Returns:
            The items; embedding None where the database has none by this network.
        """
        with self._database.reading(patient=True) as connection:
            yield from read_all(connection, model)

    def adopt(self, version: str, items: Iterator[ChangedItem], model: str, content_of: ContentOf | None = None) -> int:
        """Take the items of a bundle over into an empty catalogue, all or none; again, it changes nothing.

        Args:
            version: of the bundle.
            items: by rising number, each with its embedding.
            model: version of the network that made the embeddings.
            content_of: the content key of an item, or None where its picture cannot be read.

        Returns:
            The sequence number that the bundle stands for.

        Raises:
            CatalogueError: an id or path of the bundle cannot be stored.
            DatabaseError: the catalogue has had items before.
        """
        with self._database.writing() as connection:
            return adopt_items(connection, version, items, model, content_of)

    def stored_pictures(self) -> Iterator[str]:
        """The picture of every item, also of those that are deleted and not forgotten; once each, as in `image`."""
        with (
            self._database.reading(patient=True) as connection,
            connection.execute(_PICTURES, execution_options={"yield_per": 1_000}) as pictures,
        ):
            yield from pictures.scalars()

    def picture_notes(self, places: Collection[bytes]) -> Mapping[bytes, PictureNote]:
        """What is noted on the pictures of feeds, by the digest of where they are."""
        with self._database.reading() as connection:
            return read_notes(connection, places)

    def note_pictures(self, notes: Sequence[PictureNote]) -> None:
        """Note what the pictures of feeds were, for the next import."""
        with self._database.writing(bulk=True) as connection:
            write_notes(connection, notes)

    def purge(self, *, up_to: int) -> int:
        """Forget deleted items and what nobody uses any more.

        Args:
            up_to: sequence number; an index that is older than the newest deletion up to it can no longer be brought
                up to date.

        Returns:
            How many deleted items it forgot.
        """
        forgotten = purge(self._database, up_to)
        self._columns.forget()
        return forgotten

"""Where pictures of feeds came from and what they were, so that the next import need not read them again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, Table, Text, delete, exists, select

from catalogue.database import Database
from catalogue.storable_text import is_text
from catalogue.tables import ITEMS, METADATA
from catalogue.upserts import insert_or_replace

PICTURE_NOTES = Table(
    "picture_notes",
    METADATA,
    Column("place", LargeBinary, primary_key=True),
    Column("state", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class PictureNote:
    """What a picture was when it was last read.

    Attributes:
        place: digest of where it is, 32 bytes.
        state: what changes when the picture does: size and time of a file, ETag and Last-Modified of a URL.
        digest: SHA-256 under which the picture store has it, 32 bytes.
    """

    place: bytes
    state: str
    digest: bytes


def read_notes(connection: Connection, places: Collection[bytes]) -> dict[bytes, PictureNote]:
    """The notes on some places, by place."""
    found: dict[bytes, PictureNote] = {}
    wanted = list(places)
    for first in range(0, len(wanted), _AT_ONCE):
        statement = select(PICTURE_NOTES).where(PICTURE_NOTES.c.place.in_(wanted[first : first + _AT_ONCE]))
        for row in connection.execute(statement):
            found[bytes(row.place)] = PictureNote(bytes(row.place), row.state, bytes(row.digest))
    return found


def write_notes(connection: Connection, notes: Sequence[PictureNote]) -> None:
    """Write notes; a newer one on a place replaces the older. One that is no text is left out: a server sent it."""
    by_place = {note.place: note for note in notes if is_text(note.state)}
    insert_or_replace(
        connection,
        PICTURE_NOTES,
        [{"place": note.place, "state": note.state, "digest": note.digest} for note in by_place.values()],
    )


def forget_notes(database: Database) -> None:
    """Forget the notes on pictures that no item has, in short transactions."""
    used = exists().where(ITEMS.c.content == PICTURE_NOTES.c.digest)
    with database.reading() as connection:
        places = list(connection.execute(select(PICTURE_NOTES.c.place).where(~used)).scalars())
    for first in range(0, len(places), _AT_ONCE):
        with database.writing(bulk=True) as connection:
            part = places[first : first + _AT_ONCE]
            connection.execute(delete(PICTURE_NOTES).where(PICTURE_NOTES.c.place.in_(part)))

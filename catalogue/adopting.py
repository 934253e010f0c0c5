"""Taking the items of a bundle over into an empty catalogue."""

import hashlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from catalogue.applying import check_id, check_text
from catalogue.head import lock_head, move_on
from catalogue.items import StoredItem
from catalogue.rows import values_of, vector_of
from catalogue.tables import ADOPTED, COLUMNS, EMBEDDINGS, ITEMS
from catalogue.upserts import insert_missing
from contracts.changed_item import ChangedItem
from contracts.errors import DatabaseError
from contracts.items import Item

_SEQUENCE: Final = 1
_AT_ONCE: Final = 1_000

ContentOf = Callable[[Item], bytes | None]


def adopt_items(
    connection: Connection, version: str, items: Iterator[ChangedItem], model: str, content_of: ContentOf | None
) -> int:
    """Write the items of a bundle, in one transaction.

    Args:
        connection: in a transaction that writes.
        version: of the bundle.
        items: its items by rising number, each with its embedding.
        model: version of the network that made the embeddings.
        content_of: the content key of an item, if its picture can be read; without it, or where it gives None, the
            item gets a key of its own, and its picture is embedded again when it is next put.

    Returns:
        The sequence number that the bundle stands for from now on.

    Raises:
        DatabaseError: the catalogue has items already, or an item of the bundle cannot be stored.
    """
    head = lock_head(connection)
    known = connection.execute(select(ADOPTED.c.sequence).where(ADOPTED.c.version == version)).scalar()
    if known is not None:
        return int(known)
    if head.sequence or head.next_number:
        raise DatabaseError(
            f"the items of bundle {version:.60} cannot be taken over, because the catalogue has had items already; "
            "import them, or name an empty database"
        )
    names: set[str] = set()
    last = -1
    while part := list(islice(items, _AT_ONCE)):
        rows, vectors = [], []
        for changed in part:
            if changed.item is None or changed.embedding is None or changed.number <= last:
                raise ValueError("adopted items have an embedding each, and rising numbers")
            last = changed.number
            content = _content(changed, version, content_of)
            rows.append(_row(changed, changed.item, content))
            vectors.append({"content": content, "model": model, "vector": vector_of(changed.embedding)})
            names.update(changed.item.attributes)
        _refuse_repeated(connection, rows, version)
        insert_missing(connection, EMBEDDINGS, vectors)
        connection.execute(insert(ITEMS), rows)
    insert_missing(connection, COLUMNS, [{"name": name} for name in sorted(names)])
    connection.execute(insert(ADOPTED).values(version=version, sequence=_SEQUENCE))
    move_on(connection, _SEQUENCE, last + 1)
    return _SEQUENCE


def _row(changed: ChangedItem, item: Item, content: bytes) -> dict[str, Any]:
    check_id(item.id)
    check_text(item.image, "the name of the picture")
    return values_of(
        StoredItem(item.id, changed.number, 1, _SEQUENCE, False, item.image, item.crop, content, dict(item.attributes))
    )


def _content(changed: ChangedItem, version: str, content_of: ContentOf | None) -> bytes:
    found = None if content_of is None or changed.item is None else content_of(changed.item)
    return found or hashlib.sha256(f"{version}\n{changed.number}".encode()).digest()


def _refuse_repeated(connection: Connection, rows: list[dict[str, Any]], version: str) -> None:
    ids = [row["id"] for row in rows]
    repeated = connection.execute(select(ITEMS.c.id).where(ITEMS.c.id.in_(ids))).scalars().first()
    if repeated is None and len(set(ids)) < len(ids):
        repeated = next(item_id for place, item_id in enumerate(ids) if item_id in ids[:place])
    if repeated is not None:
        raise DatabaseError(
            f"bundle {version:.60} has two items {repeated!r:.100}; correct the catalogue, extract and build it again"
        )

"""Rows of the tables as items, and items as rows."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import Row

from catalogue.items import Crop, StoredItem
from contracts.changed_item import ChangedItem
from contracts.errors import DatabaseError
from contracts.items import Item

DIMENSIONS: Final = 512
_VECTOR_BYTES: Final = DIMENSIONS * 4


def item_of(row: Row[Any]) -> StoredItem:
    """The item of a row with all columns of `items`, in their order.

    Raises:
        DatabaseError: it holds something else than was written.
    """
    # By place: by name, a row takes several times as long.
    values: Sequence[Any] = row
    item_id, number, version, sequence, deleted, image, crop, content, attributes = values[:9]
    return StoredItem(
        item_id,
        number,
        version,
        sequence,
        bool(deleted),
        image,
        _crop_of(crop, item_id),
        bytes(content),
        _attributes_of(attributes, item_id),
    )


def values_of(item: StoredItem) -> dict[str, Any]:
    """The row of an item."""
    return {
        "id": item.id,
        "number": item.number,
        "version": item.version,
        "sequence": item.sequence,
        "deleted": item.deleted,
        "image": item.image,
        "crop": None if item.crop is None else ",".join(str(side) for side in item.crop),
        "content": item.content,
        "attributes": orjson.dumps(dict(item.attributes)).decode(),
    }


def changed_item(item: StoredItem, vector: bytes | None) -> ChangedItem:
    """An item for search, with its embedding as the database holds it."""
    if item.deleted:
        return ChangedItem(item.id, item.number, item.sequence, None, None)
    searched = Item(item.id, item.image, item.attributes, item.crop)
    embedding = None if vector is None else embedding_of(vector)
    return ChangedItem(item.id, item.number, item.sequence, searched, embedding)


def embedding_of(vector: bytes) -> NDArray[np.float32]:
    """An embedding from its bytes; it cannot be written to.

    Raises:
        DatabaseError: they are not of one.
    """
    if len(vector) != _VECTOR_BYTES:
        raise DatabaseError(f"the database holds an embedding of {len(vector)} bytes; restore it from a backup")
    return np.frombuffer(vector, "<f4").astype(np.float32, copy=False)


def vector_of(embedding: NDArray[np.float32]) -> bytes:
    """The bytes of an embedding.

    Raises:
        ValueError: it is not (512,) float32, or not finite.
    """
    if embedding.shape != (DIMENSIONS,) or embedding.dtype != np.float32:
        raise ValueError(f"an embedding must be ({DIMENSIONS},) float32, not {embedding.shape} {embedding.dtype}")
    if not np.isfinite(embedding).all():
        raise ValueError("an embedding must be finite")
    return embedding.astype("<f4", copy=False).tobytes()


def _crop_of(text: str | None, item_id: str) -> Crop | None:
    if text is None:
        return None
    try:
        left, top, right, bottom = (int(side) for side in text.split(","))
    except ValueError:
        raise _wrong(item_id) from None
    return left, top, right, bottom


def _attributes_of(text: str, item_id: str) -> dict[str, str]:
    try:
        attributes = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise _wrong(item_id) from None
    if type(attributes) is not dict or not all(type(value) is str for value in attributes.values()):
        raise _wrong(item_id)
    return attributes


def _wrong(item_id: str) -> DatabaseError:
    return DatabaseError(
        f"the row of item {item_id!r:.100} was not written by Lookalike; put the item again, or restore a backup"
    )

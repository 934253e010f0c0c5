"""The pictures that items have: in the store, or below the catalogue's root."""

from pathlib import Path

from contracts.errors import PictureRejected
from contracts.stored_picture import PREFIX, is_stored
from pictures.header import MAX_PICTURE_BYTES
from storage.beneath import open_beneath
from storage.object_facts import ObjectChangedError
from storage.object_store import ObjectStore
from storage.picture_store import PictureStore


def item_picture(store: PictureStore, root: Path | ObjectStore | None, image: str) -> bytes:
    """The bytes of an item's picture.

    Args:
        store: of pictures.
        root: folder of the pictures that are not in the store, resolved, or the object store that they are in; None:
            there are none.
        image: as in `Item.image`.

    Raises:
        PictureRejected: it is gone, or too large.
        StoreUnavailableError: the store cannot be read now.
    """
    if is_stored(image):
        data = store.get(bytes.fromhex(image.removeprefix(PREFIX)))
        if data is None:
            raise PictureRejected("image_unreadable", f"the store has no picture {image}; put the item again")
        return data
    if isinstance(root, ObjectStore):
        return _object(root, image)
    try:
        if root is None:
            raise FileNotFoundError("no folder of pictures")
        with open_beneath(root, image) as stream:
            data = stream.read(MAX_PICTURE_BYTES + 1)
    except (OSError, ValueError) as error:
        raise PictureRejected("image_unreadable", f"{image!r:.200} cannot be read: {error}") from error
    if len(data) > MAX_PICTURE_BYTES:
        raise PictureRejected("image_too_large", f"{image!r:.200} has over {MAX_PICTURE_BYTES:,} bytes")
    return data


def _object(root: ObjectStore, image: str) -> bytes:
    try:
        data = root.get(image, most_bytes=MAX_PICTURE_BYTES)
    except ObjectChangedError as error:
        raise PictureRejected("image_too_large", str(error)) from error
    if data is None:
        raise PictureRejected("image_unreadable", f"{image!r:.200} is not in {root}")
    return data

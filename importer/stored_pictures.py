"""The pictures that items have: in the store, or below the catalogue's root."""

from pathlib import Path

from contracts.errors import PictureRejected
from contracts.stored_picture import PREFIX, is_stored
from pictures.header import MAX_PICTURE_BYTES
from storage.beneath import open_beneath
from storage.picture_store import PictureStore


def item_picture(store: PictureStore, root: Path | None, image: str) -> bytes:
    """The bytes of an item's picture.

    Args:
        store: of pictures.
        root: folder of the pictures that are not in the store, resolved; None: there are none.
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

"""Pictures small enough for a report with hundreds of them."""

import base64
import io
from pathlib import Path

from PIL import Image

from contracts.errors import PictureRejected
from contracts.items import Item
from model.picture_reading import crop_box
from pictures.decoding import decode
from pictures.header import MAX_PICTURE_BYTES
from storage.beneath import open_beneath

LONGEST_SIDE_PX = 96
_JPEG_QUALITY = 72


class Thumbnails:
    """Pictures of one catalogue as data URIs.

    Args:
        root: folder that the items' paths are relative to.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._made: dict[str, str | None] = {}

    def of(self, item: Item) -> str | None:
        """`data:image/jpeg;base64,...`, or None if the picture is missing or cannot be decoded.

        The picture is re-encoded, so only its pixels get into a report, and no metadata.
        """
        if item.id not in self._made:
            try:
                self._made[item.id] = self._make(item)
            except (OSError, ValueError, PictureRejected):
                self._made[item.id] = None
        return self._made[item.id]

    def _make(self, item: Item) -> str | None:
        with open_beneath(self._root, item.image) as stream:
            data = stream.read(MAX_PICTURE_BYTES + 1)
        if len(data) > MAX_PICTURE_BYTES:
            return None
        decoded = decode(data, box=crop_box(data, item.crop), target=LONGEST_SIDE_PX, as_srgb=True)
        picture = Image.fromarray(decoded.pixels)
        picture.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX))
        stream = io.BytesIO()
        picture.save(stream, "JPEG", quality=_JPEG_QUALITY)
        return f"data:image/jpeg;base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"

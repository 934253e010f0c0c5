"""Stamps of picture files, by which a cache or a resumed training sees that a picture has changed."""

from collections.abc import Sequence
from pathlib import Path

from contracts.items import Item

PictureStamp = tuple[str, str, str, int, int]


def picture_stamps(items: Sequence[Item], root: Path) -> list[PictureStamp]:
    """Id, image, crop, size in bytes and modification time in nanoseconds of each item's picture.

    Size and time are -1 where there is no such file.

    Args:
        root: folder that `Item.image` is relative to.
    """
    stamps: list[PictureStamp] = []
    for item in items:
        try:
            status = (root / item.image).stat()
            size, changed = status.st_size, status.st_mtime_ns
        except OSError:
            size, changed = -1, -1
        stamps.append((item.id, item.image, str(item.crop), size, changed))
    return stamps

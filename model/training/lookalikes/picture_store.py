"""Training pictures, decoded once as squares of one size, so that an epoch reads no other file."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import orjson
from numpy.typing import NDArray

from contracts.items import Item
from contracts.progress import Progress
from model.picture_reading import ReadPicture
from model.preprocessing import Preprocessing
from model.training.picture_rows import PictureRows, RowMaker, picture_rows
from model.training.picture_stamps import PictureStamp

# A view shows a section of the picture or a rotated one; with this margin it still has all pixels of the input.
OVERSIZE = 1.25
_PICTURES_A_WRITE = 256


def store_pictures(
    items: Sequence[Item],
    root: Path,
    folder: Path,
    name: str,
    *,
    input_size: int,
    stamps: Sequence[PictureStamp],
    workers: int,
    progress: Progress,
    follow_links: bool = False,
    oversize: float = OVERSIZE,
    fit: Literal["pad", "unframe"] = "unframe",
) -> PictureRows[np.uint8]:
    """Decode items' pictures into a file, or reuse what an earlier run decoded from the same pictures.

    Args:
        root: folder that `Item.image` is relative to.
        folder: of the file, which takes 3 x (oversize x input_size)^2 bytes a picture.
        name: of the file.
        input_size: side of the network's input, pixels.
        stamps: of the items' pictures, which tell whether a picture has changed.
        workers: threads that read.
        progress: called with (pictures done, pictures in all).
        follow_links: whether pictures may be read through links that lead out of the root.
        oversize: side of a row, as a multiple of the input's.
        fit: see `Preprocessing`; `pad` keeps every pixel where it is.

    Returns:
        Rows of (P, P, 3) uint8: the whole picture, padded with the colour of its border.

    Raises:
        OSError: the disk is full; what was decoded so far is kept for the next run.
    """
    side = round(input_size * oversize)
    square = Preprocessing(side, fit, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    key = hashlib.sha256(orjson.dumps([square.canonical_json(), stamps])).hexdigest()
    maker = RowMaker((side, side, 3), np.uint8, side, square.apply, _channels_last, _PICTURES_A_WRITE)
    return picture_rows(
        items,
        root,
        (folder, name),
        maker,
        key=key,
        workers=workers,
        ahead=4 * workers,
        progress=progress,
        follow_links=follow_links,
    )


def _channels_last(pictures: Sequence[ReadPicture]) -> NDArray[np.uint8]:
    return np.stack([picture.fitted.transpose(1, 2, 0) for picture in pictures if picture.fitted is not None])

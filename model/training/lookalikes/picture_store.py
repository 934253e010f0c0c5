"""Training pictures decoded once, as squares of one size: an epoch then reads no file but this one."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
from numpy.typing import NDArray

from contracts.items import Item
from contracts.progress import Progress
from model.picture_reading import read_pictures
from model.preprocessing import Preprocessing
from model.training.features import PictureStamp
from model.training.row_store import RowStore

# A view shows a part of the picture, or shows it turned: with this margin it still has all the input's pixels.
OVERSIZE = 1.25
_PICTURES_A_WRITE = 256


@dataclass(frozen=True, slots=True)
class StoredPictures:
    """Pictures of the items that could be read.

    Attributes:
        pixels: (N, P, P, 3) uint8, mapped; the whole picture, padded with its border's colour.
        rows: (N,) int64, which items they belong to, rising.
        unreadable: the other items' positions, with a code and a sentence that say why.
    """

    pixels: NDArray[np.uint8]
    rows: NDArray[np.int64]
    unreadable: Sequence[tuple[int, str, str]]


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
) -> StoredPictures:
    """Decode items' pictures into a file, or take over what an earlier run with the same pictures decoded.

    Args:
        root: folder that `Item.image` is relative to.
        folder: of the file, which takes 3 x (1.25 x input_size)^2 bytes a picture.
        name: of the file.
        input_size: side of the network's input, pixels.
        stamps: of the items' pictures: others mean other pictures.
        workers: threads that read.
        progress: called with (pictures done, pictures in all).

    Raises:
        OSError: the disk is full; what was decoded so far is kept for the next run.
    """
    side = round(input_size * OVERSIZE)
    square = Preprocessing(side, "unframe", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    folder.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256(orjson.dumps([square.canonical_json(), stamps])).hexdigest()
    store = RowStore(folder, name, key, side * side * 3)
    progress(store.done, len(items))
    pictures = read_pictures(
        items[store.done :], root, known=(), fit=square.apply, target=side, workers=workers, ahead=4 * workers
    )
    pending: list[NDArray[np.uint8]] = []
    with store:
        for row, picture in enumerate(pictures, store.done):
            if picture.fitted is None:
                store.unreadable.append((row, picture.code or "", picture.detail or ""))
            else:
                pending.append(picture.fitted.transpose(1, 2, 0))
            if len(pending) == _PICTURES_A_WRITE or (pending and row == len(items) - 1):
                store.append(np.stack(pending), row + 1)
                pending.clear()
            progress(row + 1, len(items))
        store.commit(len(items))
    rows = np.setdiff1d(np.arange(len(items)), [row for row, _, _ in store.unreadable])
    shape = (len(rows), side, side, 3)
    pixels = np.memmap(store.path, np.uint8, "r", shape=shape) if len(rows) else np.empty(shape, np.uint8)
    return StoredPictures(pixels, rows, store.unreadable)

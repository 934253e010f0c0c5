"""One array row for each readable picture: computed once, kept in a file, read as a memory map."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from contracts.items import Item
from contracts.progress import Progress
from model.picture_reading import ReadPicture, read_pictures
from model.training.row_store import RowStore

Number = TypeVar("Number", np.float16, np.uint8)


@dataclass(frozen=True, slots=True)
class PictureRows(Generic[Number]):
    """The rows of the items whose pictures could be read.

    Attributes:
        values: (N, *shape), memory-mapped.
        rows: (N,) int64, the item that each row belongs to, ascending.
        unreadable: position, error code and reason of each other item.
    """

    values: NDArray[Number]
    rows: NDArray[np.int64]
    unreadable: Sequence[tuple[int, str, str]]


@dataclass(frozen=True, slots=True)
class RowMaker(Generic[Number]):
    """How pictures become rows.

    Attributes:
        shape: of a row.
        dtype: of its values.
        input_size: side in pixels that `fit` scales a picture to.
        fit: (H, W, 3) uint8 pixels -> what `compute` takes as `ReadPicture.fitted`; called from several threads.
        compute: B readable pictures, in catalogue order -> (B, *shape).
        batch_size: most pictures that `compute` gets at once.
    """

    shape: tuple[int, ...]
    dtype: type[Number]
    input_size: int
    fit: Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
    compute: Callable[[Sequence[ReadPicture]], NDArray[Number]]
    batch_size: int


def picture_rows(
    items: Sequence[Item],
    root: Path,
    store: tuple[Path, str],
    maker: RowMaker[Number],
    *,
    key: str,
    workers: int,
    ahead: int,
    progress: Progress,
    follow_links: bool,
) -> PictureRows[Number]:
    """Compute the rows of items' pictures, or reuse those that an earlier run with the same key computed.

    Args:
        root: folder that `Item.image` is relative to.
        store: folder, made if missing, and name of the files that keep the rows.
        key: any text that is different whenever the rows would be.
        workers: threads that read and fit pictures.
        ahead: how many pictures may be read in advance.
        progress: called with (pictures done, pictures in all).
        follow_links: whether pictures may be read through links that lead out of the root.

    Raises:
        OSError: the disk is full; what was computed so far is kept for the next run.
    """
    folder, name = store
    folder.mkdir(parents=True, exist_ok=True)
    # A picture that could not be read without following links may be readable now.
    key = f"{key} with links" if follow_links else key
    file = RowStore(folder, name, key, int(np.prod(maker.shape)) * np.dtype(maker.dtype).itemsize)
    progress(file.done, len(items))
    pictures = read_pictures(
        items[file.done :],
        root,
        known=(),
        fit=maker.fit,
        target=maker.input_size,
        # Every network that is trained from now on sees the colours that profiles mean.
        as_srgb=True,
        workers=workers,
        ahead=ahead,
        follow_links=follow_links,
    )
    pending: list[ReadPicture] = []
    with file:
        for position, picture in enumerate(pictures, file.done):
            if picture.fitted is None:
                file.unreadable.append((position, picture.code or "", picture.detail or ""))
            else:
                pending.append(picture)
            if len(pending) == maker.batch_size or (pending and position == len(items) - 1):
                file.append(maker.compute(pending), position + 1)
                pending.clear()
            progress(position + 1, len(items))
        file.commit(len(items))
    rows = np.setdiff1d(np.arange(len(items)), [position for position, _, _ in file.unreadable])
    shape = (len(rows), *maker.shape)
    # An empty file cannot be mapped.
    values = np.memmap(file.path, maker.dtype, "r", shape=shape) if len(rows) else np.empty(shape, maker.dtype)
    return PictureRows(values, rows, file.unreadable)

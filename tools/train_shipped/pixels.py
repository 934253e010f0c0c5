"""Decodes packed pictures into the tensors that a training keeps in the memory of its device."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from contracts.progress import Progress
from model.preprocessing import Preprocessing
from pictures.decoding import decode
from tools.train_shipped.pack_files import PackedPicture

# Sides of the tensors, pixels: of products as small shop pictures show them, of large products and customers' photos,
# and of street photos.
SMALL_SIDE: Final = 80
LARGE_SIDE: Final = 224
STREET_SIDE: Final = 640
_AT_ONCE = 256


def padded_squares(pictures: Sequence[PackedPicture], side: int, *, workers: int, progress: Progress) -> Tensor:
    """Decode pictures, scale each to a square and pad it with the colour of its border.

    Returns:
        (N, 3, side, side) uint8.

    Raises:
        PictureRejected: a picture is damaged.
    """
    square = Preprocessing(side, "pad", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    result = np.empty((len(pictures), 3, side, side), np.uint8)

    def place(row: int, pixels: NDArray[np.uint8]) -> None:
        result[row] = square.apply(pixels)

    _decode_each(pictures, place, workers, progress)
    return torch.from_numpy(result)


def cornered(
    pictures: Sequence[PackedPicture], side: int, *, workers: int, progress: Progress
) -> tuple[Tensor, Tensor]:
    """Decode pictures as they are into the top left corner of black squares.

    Args:
        pictures: no side is longer than `side`.

    Returns:
        (N, 3, side, side) uint8, and (N, 2) float32, the width and the height of each picture, pixels.

    Raises:
        PictureRejected: a picture is damaged.
    """
    result = np.zeros((len(pictures), 3, side, side), np.uint8)
    sizes = np.zeros((len(pictures), 2), np.float32)

    def place(row: int, pixels: NDArray[np.uint8]) -> None:
        height, width = pixels.shape[:2]
        result[row, :, :height, :width] = pixels.transpose(2, 0, 1)
        sizes[row] = width, height

    _decode_each(pictures, place, workers, progress)
    return torch.from_numpy(result), torch.from_numpy(sizes)


def _decode_each(
    pictures: Sequence[PackedPicture],
    place: Callable[[int, NDArray[np.uint8]], None],
    workers: int,
    progress: Progress,
) -> None:
    def decode_one(row: int) -> None:
        place(row, decode(pictures[row].content, box=None, target=STREET_SIDE).pixels)

    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        for start in range(0, len(pictures), _AT_ONCE):
            rows = range(start, min(start + _AT_ONCE, len(pictures)))
            for _ in pool.map(decode_one, rows):
                pass
            progress(rows.stop, len(pictures))

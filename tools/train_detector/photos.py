"""Decoded pictures in memory."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contracts.errors import PictureRejected
from pictures.decoding import decode
from tools.train_detector.classes import class_number
from tools.train_shipped.encoding import SourcePicture
from tools.train_shipped.photo_source import photo_sources
from tools.train_shipped.records import CATEGORY
from tools.train_shipped.street_source import street_sources


@dataclass(frozen=True, slots=True, eq=False)
class LabelledPhoto:
    """A photo with garments in it.

    Attributes:
        path: of its file.
        pixels: (H, W, 3) uint8, upright.
        boxes: (G, 4) float32, x1, y1, x2, y2 as fractions.
        classes: (G,) int64, rows in `tools.train_detector.classes.CLASSES`.
        names: of the G garments, as the folder calls them.
        is_exact: whether the boxes are measured; else each stands for a garment somewhere inside it.
    """

    path: Path
    pixels: NDArray[np.uint8]
    boxes: NDArray[np.float32]
    classes: NDArray[np.int64]
    names: tuple[str, ...]
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class LabelledPhotos:
    """Photos to train with, and photos to score with."""

    training: list[LabelledPhoto]
    held_out: list[LabelledPhoto]


def street_photos(folder: Path, *, longer_side: int, workers: int) -> LabelledPhotos:
    """Read a folder of street photos, see `tools.train_shipped.street_source`.

    Args:
        folder: with `boxes.csv`.
        longer_side: larger photos for training are shrunk to this, pixels.
        workers: threads that decode.

    Raises:
        CatalogueError: the folder, its boxes or a photo is wrong.
    """
    return _split(street_sources(folder), longer_side, workers)


def phone_photos(folders: Sequence[Path], *, longer_side: int, workers: int) -> LabelledPhotos:
    """Read folders of customers' photos, a folder for each class, see `tools.train_shipped.photo_source`.

    Raises:
        CatalogueError: a folder or a photo is wrong.
    """
    return _split(photo_sources(folders), longer_side, workers)


def _split(sources: Sequence[SourcePicture], longer_side: int, workers: int) -> LabelledPhotos:
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        read = list(pool.map(lambda source: _labelled(source, longer_side), sources))
    pairs = [(source, photo) for source, photo in zip(sources, read, strict=True) if photo is not None]
    return LabelledPhotos(
        [photo for source, photo in pairs if not source.record.held_out],
        [photo for source, photo in pairs if source.record.held_out],
    )


def _labelled(source: SourcePicture, longer_side: int) -> LabelledPhoto | None:
    try:
        pixels = decode(source.path.read_bytes(), box=None, target=longer_side, as_srgb=True).pixels
    except PictureRejected:
        return None
    if not source.record.held_out and max(pixels.shape) > longer_side:
        image = Image.fromarray(pixels)
        image.thumbnail((longer_side, longer_side), Image.Resampling.BICUBIC)
        pixels = np.asarray(image)
    garments = [(garment.category, garment.box) for garment in source.record.garments]
    category = source.record.attributes.get(CATEGORY)
    if category is not None:
        garments.append((category, (0.04, 0.04, 0.96, 0.96)))
    known = [(name, box, number) for name, box in garments if (number := class_number(name)) is not None]
    return LabelledPhoto(
        source.path,
        pixels,
        np.array([box for _, box, _ in known], np.float32).reshape(-1, 4),
        np.array([number for _, _, number in known], np.int64),
        tuple(name for name, _, _ in known),
        category is None,
    )

"""A deterministic garment detector for tests: real code, no weights. It finds rectangles of three colours."""

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contracts.box import Box
from contracts.garments import FittedPhoto, Garment

SIDE = 64
COLOURS = {"dress": (200, 30, 30), "trousers": (30, 40, 190), "bag": (20, 150, 60)}
# Colours of the whole photo that make it misbehave.
RAISES = (250, 120, 0)
HANGS = (120, 0, 250)
_NEAR = 48


class FakeDetector:
    """Each of three colours that is there is one garment, from the first to the last of its pixels."""

    version = "rectangles-1"
    classes = tuple(COLOURS)

    def __init__(self) -> None:
        self.batches: list[int] = []

    def fit(self, pixels: NDArray[np.uint8]) -> FittedPhoto:
        height, width = pixels.shape[:2]
        scale = SIDE / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        square = np.full((SIDE, SIDE, 3), 255, np.uint8)
        square[: size[1], : size[0]] = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.NEAREST))
        return FittedPhoto(np.ascontiguousarray(square.transpose(2, 0, 1)), *size)

    def warm_up(self) -> None:
        """Nothing to warm."""

    def detect(self, photos: Sequence[FittedPhoto]) -> list[tuple[Garment, ...]]:
        self.batches.append(len(photos))
        for photo in photos:
            shown = photo.pixels[:, : photo.height, : photo.width]
            if _is(shown, RAISES).all():
                raise ValueError("this colour is not for detectors")
            if _is(shown, HANGS).all():
                threading.Event().wait()
        return [_found(photo) for photo in photos]


def _found(photo: FittedPhoto) -> tuple[Garment, ...]:
    shown = photo.pixels[:, : photo.height, : photo.width]
    garments = []
    for kind, colour in COLOURS.items():
        rows, columns = np.nonzero(_is(shown, colour))
        if len(rows):
            left, right, top, bottom = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
            box = Box(left / photo.width, top / photo.height, right / photo.width, bottom / photo.height)
            garments.append(Garment(kind, box, float(len(rows) / ((right - left) * (bottom - top)))))
    return tuple(sorted(garments, key=lambda garment: -garment.score))


def _is(shown: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    apart = np.abs(shown.astype(np.int16) - np.array(colour, np.int16)[:, None, None])
    near: NDArray[np.bool_] = (apart < _NEAR).all(axis=0)
    return near

"""Garments found in a photo, and what finds them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from contracts.box import Box

# A photo's answer names no more than these, the most certain ones.
MOST_GARMENTS = 8


@dataclass(frozen=True, slots=True)
class Garment:
    """A garment in a photo.

    Attributes:
        type: what kind of garment, one of the detector's classes.
        box: where it is.
        score: how certain the detector is, 0 to 1.
    """

    type: str
    box: Box
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class FittedPhoto:
    """A photo as a detector takes it.

    Attributes:
        pixels: (3, S, S) uint8, the photo shrunk into a square and padded.
        width, height: of the part of the square that shows the photo, pixels; it begins at the upper left corner.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int


class GarmentDetector(Protocol):
    """Finds garments. `warm_up` and `detect` are only ever called from one thread at a time."""

    @property
    def version(self) -> str:
        """Names the weights and how photos are fitted."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """The kinds of garments that it knows."""
        ...

    def fit(self, pixels: NDArray[np.uint8]) -> FittedPhoto:
        """Fit an upright photo (H, W, 3) uint8 RGB; called from many threads at once."""
        ...

    def warm_up(self) -> None:
        """Run one forward pass, because the first is far slower than the following ones."""
        ...

    def detect(self, photos: Sequence[FittedPhoto]) -> list[tuple[Garment, ...]]:
        """The garments of each photo, the most certain first, at most `MOST_GARMENTS`."""
        ...

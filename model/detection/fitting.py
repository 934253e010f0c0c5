"""Fits photos into a detector's square input."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contracts.garments import FittedPhoto

# Mid-grey, which the normalisation turns into about zero.
GROUND: Final = 127


def fit_photo(pixels: NDArray[np.uint8], side: int) -> FittedPhoto:
    """Scale a photo so that its longer side fills a square, into whose upper left corner it is put.

    Args:
        pixels: (H, W, 3) uint8 RGB, upright, H and W at least 1.
        side: of the square, pixels.
    """
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    new_width, new_height = max(1, round(width * scale)), max(1, round(height * scale))
    image = Image.fromarray(pixels)
    if image.size != (new_width, new_height):
        # Whole factors are averaged first, which is fast and as good.
        image = image.resize((new_width, new_height), Image.Resampling.BILINEAR, reducing_gap=2.0)
    canvas = np.full((3, side, side), GROUND, np.uint8)
    canvas[:, :new_height, :new_width] = np.asarray(image).transpose(2, 0, 1)
    return FittedPhoto(canvas, new_width, new_height)

"""The article's training transform: resize to 256, random resized crop to 224, horizontal flip."""

import hashlib
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RESIZE_SHARE = 256 / 224
_AREA = (0.08, 1.0)
_LOG_RATIO = (math.log(3 / 4), math.log(4 / 3))
_ATTEMPTS = 10


def picture_generator(pixels: NDArray[np.uint8], seed: int) -> np.random.Generator:
    """A generator that depends only on a picture and a seed, not on the thread that reads it or on its position."""
    digest = hashlib.blake2b(pixels.tobytes(), digest_size=8).digest()
    return np.random.default_rng([seed, int.from_bytes(digest, "big")])


def augmented_views(
    pixels: NDArray[np.uint8], *, views: int, size: int, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Several random crops of a picture, half of them mirrored.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        views: number of views.
        size: side of a view, pixels; the picture's shorter side is first scaled to 256/224 of it.
        generator: draws the crops.

    Returns:
        (views, 3, size, size) uint8.
    """
    height, width = pixels.shape[:2]
    scale = size * RESIZE_SHARE / min(height, width)
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    image = Image.fromarray(pixels).resize(shape, Image.Resampling.BICUBIC)
    result = np.empty((views, 3, size, size), np.uint8)
    for view in range(views):
        left, top, across, down = random_crop(image.width, image.height, generator)
        crop = image.resize((size, size), Image.Resampling.BICUBIC, box=(left, top, left + across, top + down))
        upright = np.asarray(crop)
        result[view] = (upright[:, ::-1] if generator.random() < 0.5 else upright).transpose(2, 0, 1)
    return result


def random_crop(width: int, height: int, generator: np.random.Generator) -> tuple[int, int, int, int]:
    """A box with 8 to 100 % of the area and an aspect ratio between 3:4 and 4:3.

    Returns:
        (left, top, width, height), pixels; inside the picture. If ten draws do not fit, the largest centred box with
        an allowed ratio.

    Source: Szegedy et al. 2015, Going deeper with convolutions; the draws of torchvision's RandomResizedCrop.
    """
    for _ in range(_ATTEMPTS):
        area = width * height * generator.uniform(*_AREA)
        ratio = math.exp(generator.uniform(*_LOG_RATIO))
        across, down = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < across <= width and 0 < down <= height:
            left = int(generator.integers(0, width - across + 1))
            return left, int(generator.integers(0, height - down + 1)), across, down
    lowest, highest = (math.exp(bound) for bound in _LOG_RATIO)
    across = min(width, max(1, round(height * highest)))
    down = min(height, max(1, round(width / lowest)))
    return (width - across) // 2, (height - down) // 2, across, down

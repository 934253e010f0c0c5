"""Distortions like those of customers' pictures: snapshots, screenshots, pictures sent through a chat."""

import io
import math

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

DEGREES = 15.0
KEPT_SIDE = 0.9
BORDER = (0.02, 0.1)
BLUR = 0.008
LIGHT = (0.8, 1.2)
QUALITY = (40, 85)


def distorted(picture: Image.Image, draw: np.random.Generator) -> bytes:
    """A distorted copy as a JPEG file.

    In this order: rotated by up to 15 degrees; cropped to 90 % of both sides at a random place; brightness, contrast
    and saturation each multiplied by 0.8 to 1.2; blurred by up to 0.8 % of the longer side; framed by a border of one
    colour, 2 to 10 % of the longer side wide; saved with quality 40 to 85.

    Args:
        picture: RGB.
        draw: source of all randomness.
    """
    turned = picture.rotate(
        draw.uniform(-DEGREES, DEGREES), Image.Resampling.BICUBIC, expand=True, fillcolor=picture.getpixel((0, 0))
    )
    width, height = (max(1, round(side * KEPT_SIDE)) for side in turned.size)
    left, top = (
        int(draw.integers(0, whole - kept + 1)) for whole, kept in zip(turned.size, (width, height), strict=True)
    )
    changed: Image.Image = turned.crop((left, top, left + width, top + height))
    for enhance in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
        changed = enhance(changed).enhance(draw.uniform(*LIGHT))
    changed = changed.filter(ImageFilter.GaussianBlur(draw.uniform(0, BLUR) * max(changed.size)))
    border = math.ceil(draw.uniform(*BORDER) * max(changed.size))
    colour = tuple(int(value) for value in draw.integers(0, 256, 3))
    framed = Image.new("RGB", (changed.width + 2 * border, changed.height + 2 * border), colour)
    framed.paste(changed, (border, border))
    file = io.BytesIO()
    framed.save(file, "JPEG", quality=int(draw.integers(QUALITY[0], QUALITY[1] + 1)))
    return file.getvalue()

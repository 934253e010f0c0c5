"""A region of an upright picture, shrunk, without a copy of the whole.

A picture of 50 megapixels would take 200 MB for each copy: to turn it upright, to expand its palette, to average it. So
it is turned, expanded and shrunk strip by strip. The pixels are those that the whole would have.
"""

from typing import Final

import numpy as np
from PIL import Image

# (left, top, right, bottom), pixels.
Rectangle = tuple[int, int, int, int]

_TRANSPOSITIONS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Orientations whose stored picture has its sides exchanged, runs from right to left, or from bottom to top.
_EXCHANGED: Final = frozenset({5, 6, 7, 8})
_RIGHT_TO_LEFT: Final = frozenset({2, 3, 7, 8})
_BOTTOM_UP: Final = frozenset({3, 4, 6, 7})
# Grey and RGB(A) pixels can be averaged; palette and bilevel pictures have to be expanded first.
_REDUCIBLE_MODES: Final = frozenset({"RGB", "RGBA", "L", "LA", "CMYK"})
_STRIP_PIXELS: Final = 256 * 1024


def upright_region(image: Image.Image, orientation: int, region: Rectangle) -> Image.Image:
    """Cut a region out of a stored picture and turn it upright.

    Args:
        image: loaded, as stored.
        orientation: EXIF orientation, 1 to 8.
        region: in pixels of the upright picture.
    """
    stored = _stored_region(image, orientation, region)
    part = image if stored == (0, 0, *image.size) else image.crop(stored)
    transposition = _TRANSPOSITIONS.get(orientation)
    return part if transposition is None else part.transpose(transposition)


def shrunk_region(image: Image.Image, orientation: int, region: Rectangle, factor: int) -> Image.Image:
    """Cut out a region, turn it upright and shrink it by a whole factor, which averages squares of pixels.

    Args:
        image: loaded, as stored.
        orientation: EXIF orientation, 1 to 8.
        region: in pixels of the upright picture.
        factor: at least 2.
    """
    left, top, right, bottom = region
    # Whole squares, so that no square lies in two strips.
    rows = max(1, _STRIP_PIXELS // ((right - left) * factor)) * factor
    whole: Image.Image | None = None
    for start in range(top, bottom, rows):
        strip = upright_region(image, orientation, (left, start, right, min(bottom, start + rows)))
        shrunk = (strip if strip.mode in _REDUCIBLE_MODES else expanded(strip)).reduce(factor)
        if whole is None:
            whole = Image.new(shrunk.mode, (shrunk.width, -(-(bottom - top) // factor)))
            whole.info = dict(shrunk.info)
        whole.paste(shrunk, (0, (start - top) // factor))
    if whole is None:
        raise ValueError(f"a region must have at least one pixel a side, got {region}")
    return whole


def _stored_region(image: Image.Image, orientation: int, region: Rectangle) -> Rectangle:
    left, top, right, bottom = region
    if orientation in _EXCHANGED:
        left, top, right, bottom = top, left, bottom, right
    if orientation in _RIGHT_TO_LEFT:
        left, right = image.width - right, image.width - left
    if orientation in _BOTTOM_UP:
        top, bottom = image.height - bottom, image.height - top
    return left, top, right, bottom


def expanded(image: Image.Image) -> Image.Image:
    """Convert palette to colours, transparency to alpha, 16-bit grey to 8 bits (`convert` would clip it to white)."""
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    if "transparency" in image.info or image.mode in {"PA", "La", "RGBa"}:
        return image.convert("RGBA")
    if image.mode in {"1", "P"}:
        return image.convert("RGB")
    return image

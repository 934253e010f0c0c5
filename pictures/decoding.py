"""Decode a picture to RGB pixels: the same code for extraction and for the worker."""

import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contracts.box import Box
from contracts.errors import PictureRejected
from pictures.header import PILLOW_ERRORS, PictureHeader, inspect, unreadable

_TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """Pixels of a picture, or of a box on it.

    Attributes:
        pixels: (H, W, 3) uint8 RGB; a large picture is shrunk, its longer side to at least twice `target`.
        width, height: of the whole picture after EXIF orientation and before shrinking, pixels.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int


def decode(data: bytes, *, box: Box | None, target: int) -> DecodedPicture:
    """Decode a picture, turn it upright, crop it to the box and put transparent parts on white.

    Args:
        data: a file of one of the formats in `pictures.formats`.
        box: the part to keep, or None for the whole picture.
        target: side of the network's input, pixels; the box's longer side is decoded to at least twice that.

    Raises:
        PictureRejected: as `pictures.header.inspect`; `image_unreadable` when the pixels are damaged;
            `image_too_small` when a side of the box covers under 8 pixels.
    """
    header = inspect(data)
    size = (header.width, header.height)
    wanted = size if box is None else box.size_on(*size)
    try:
        with Image.open(io.BytesIO(data), formats=(header.format.name,)) as image:
            _shrink_while_decoding(image, header, longer_side=max(wanted), target=target)
            image.load()
            upright = _upright(image, header.orientation)
            if box is not None:
                # In pixels of the decoded picture, which may be smaller than the original.
                upright = upright.crop(box.pixels(*upright.size))
            rgb = _on_white(_shrunk(upright, target))
            return DecodedPicture(np.asarray(rgb), header.width, header.height)
    except PictureRejected:
        raise
    except PILLOW_ERRORS as error:
        raise unreadable(header.format, error) from error


def _shrink_while_decoding(image: Image.Image, header: PictureHeader, *, longer_side: int, target: int) -> None:
    """Let the decoder skip detail that the network's input cannot show."""
    if header.format.shrinks_while_decoding and longer_side > 2 * target:
        share = 2 * target / longer_side
        image.draft(None, (int(image.width * share) + 1, int(image.height * share) + 1))


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    transposition = _TRANSPOSITIONS.get(orientation)
    return image if transposition is None else image.transpose(transposition)


def _shrunk(image: Image.Image, target: int) -> Image.Image:
    """Shrink a picture far larger than needed by a whole factor, before anything copies it at full size."""
    factor = max(image.size) // (2 * target)
    if factor < 2:
        return image
    # Grey and RGB(A) pixels can be averaged; palette and bilevel pictures have to be expanded first.
    reducible = image if image.mode in {"RGB", "RGBA", "L", "LA", "CMYK"} else _expanded(image)
    return reducible.reduce(factor)


def _on_white(image: Image.Image) -> Image.Image:
    expanded = _expanded(image)
    if expanded.mode in {"RGBA", "LA"}:
        rgba = expanded.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    return expanded.convert("RGB")


def _expanded(image: Image.Image) -> Image.Image:
    """Convert palette to colours, transparency to alpha, 16-bit grey to 8 bits (`convert` would clip it to white)."""
    if image.mode.startswith("I"):
        return Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).clip(0, 255).astype(np.uint8))
    if "transparency" in image.info or image.mode in {"PA", "La", "RGBa"}:
        return image.convert("RGBA")
    if image.mode in {"1", "P"}:
        return image.convert("RGB")
    return image

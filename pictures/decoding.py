"""Decode a picture to RGB pixels: the same code for extraction and for the worker."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from contracts.box import Box
from pictures.colours import to_srgb
from pictures.decoding_cost import Draft, draft_of
from pictures.header import PILLOW_ERRORS, PictureHeader, inspect, unreadable
from pictures.regions import expanded, shrunk_region, upright_region


@dataclass(frozen=True, slots=True)
class DecodedPicture:
    """Pixels of a picture, or of a box on it.

    Attributes:
        pixels: (H, W, 3) uint8 RGB; a large picture is shrunk, its longer side to at least twice `target`.
        width, height: of the whole picture after EXIF orientation and before shrinking, pixels.
        overview: (H, W, 3) uint8 RGB, the whole picture, if it was asked for; `pixels` itself if there is no box.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    overview: NDArray[np.uint8] | None = None


class DecodingAbandonedError(Exception):
    """Nobody waits for the picture any more."""


def decode(data: bytes, *, box: Box | None, target: int, as_srgb: bool = False) -> DecodedPicture:
    """Decode a picture, turn it upright, crop it to the box and put transparent parts on white.

    Args:
        data: a file of one of the formats in `pictures.formats`.
        box: the part to keep, or None for the whole picture.
        target: side of the network's input, pixels; the box's longer side is decoded to at least twice that.
        as_srgb: whether colours are converted where an ICC profile says that they are not sRGB.

    Raises:
        PictureRejected: as `pictures.header.inspect`; `image_unreadable` when the pixels are damaged;
            `image_too_small` when a side of the box covers under 8 pixels.
    """
    return decode_checked(inspect(data), box=box, target=target, as_srgb=as_srgb)


def decode_checked(
    header: PictureHeader,
    *,
    box: Box | None,
    target: int,
    as_srgb: bool = False,
    overview: int | None = None,
    is_abandoned: Callable[[], bool] = lambda: False,
) -> DecodedPicture:
    """Decode a picture whose header was inspected; see `decode`.

    Args:
        overview: to keep the whole picture too, its longer side decoded to at least twice that; without a box, all of
            the picture has the detail of the larger of `target` and this.
        is_abandoned: asked now and then; whether to give up.

    Raises:
        PictureRejected: as `decode`.
        DecodingAbandonedError: `is_abandoned` said so.
    """
    if box is None and overview is not None:
        target = max(target, overview)
    draft = draft_of(header, box=box, target=target, overview=overview)
    with loaded(header, draft, is_abandoned) as image:
        icc = header.structure.icc if as_srgb else b""
        pixels = _pixels(image, header, box, target, icc)
        whole = None
        if overview is not None:
            whole = pixels if box is None else _pixels(image, header, None, overview, icc)
        return DecodedPicture(pixels, header.width, header.height, whole)


@contextmanager
def loaded(header: PictureHeader, draft: Draft | None, is_abandoned: Callable[[], bool]) -> Iterator[Image.Image]:
    """A picture whose header was inspected, as it is stored: neither upright nor with its colours converted.

    Args:
        draft: a smaller size that the decoder is asked for, or None.
        is_abandoned: asked now and then; whether to give up.

    Raises:
        PictureRejected: `image_unreadable`, also for what goes wrong with its pixels inside the block.
        DecodingAbandonedError: `is_abandoned` said so.
    """
    file = _AbandonableFile(header.structure.essential, is_abandoned)
    try:
        with Image.open(file, formats=(header.format.name,)) as image:
            if draft is not None:
                image.draft(None, draft.request)
            image.load()
            yield image
    except PILLOW_ERRORS as error:
        raise unreadable(header.format, error) from error


def kept_part(image: Image.Image, header: PictureHeader, box: Box | None, *, target: int, icc: bytes) -> Image.Image:
    """The upright picture or a box on it, with its palette and 16-bit grey expanded.

    Args:
        image: loaded.
        box: the part to keep, or None for the whole picture.
        target: it is shrunk by a whole factor, its longer side to at least twice that.
        icc: the profile from which its colours are converted to sRGB; empty to leave them.
    """
    return to_srgb(expanded(_shrunk_part(image, header.orientation, box, target)), icc)


def on_white(part: Image.Image) -> Image.Image:
    """The part as RGB, its transparent pixels on white."""
    if part.mode in {"RGBA", "LA"}:
        rgba = part.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")
    # Without need, converting would copy all of it.
    return part if part.mode == "RGB" else part.convert("RGB")


def _pixels(image: Image.Image, header: PictureHeader, box: Box | None, target: int, icc: bytes) -> NDArray[np.uint8]:
    return np.asarray(on_white(kept_part(image, header, box, target=target, icc=icc)))


class _AbandonableFile(io.BytesIO):
    """A file that ends its own decoding; Pillow reads JPEG and PNG by pieces of 64 KiB and less."""

    def __init__(self, data: bytes, is_abandoned: Callable[[], bool]) -> None:
        super().__init__(data)
        self._is_abandoned = is_abandoned

    def read(self, size: int | None = -1, /) -> bytes:
        if self._is_abandoned():
            raise DecodingAbandonedError
        return super().read(size)


def _shrunk_part(image: Image.Image, orientation: int, box: Box | None, target: int) -> Image.Image:
    """The upright picture or the box on it, shrunk by a whole factor if it is far larger than needed."""
    upright = image.size if orientation < 5 else image.size[::-1]
    # In pixels of the decoded picture, which may be smaller than the original.
    region = (0, 0, *upright) if box is None else box.pixels(*upright)
    factor = max(region[2] - region[0], region[3] - region[1]) // (2 * target)
    if factor < 2:
        return upright_region(image, orientation, region)
    return shrunk_region(image, orientation, region, factor)

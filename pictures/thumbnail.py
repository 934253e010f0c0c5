"""A smaller copy of a picture, for a page that shows many: upright, in sRGB and without metadata."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from PIL import Image

from contracts.errors import PictureRejected
from pictures.decoding import kept_part, loaded, on_white
from pictures.decoding_cost import draft_of, peak_bytes
from pictures.header import PictureHeader
from pictures.without_metadata import without_metadata

WIDTHS: Final = (160, 320, 640, 1280)
# A picture that is higher than so many widths becomes narrower instead: a screen shows no more of it at a time.
HIGHEST: Final = 4

# What encoders take for a pixel of a thumbnail at their peak; a test compares.
_ENCODER_BYTES_PER_PIXEL: Final = 28
# A picture is decoded to under four times a thumbnail's sides; its colours or transparency may take two copies.
_COPIED_BYTES: Final = 2 * 4
_DETAIL: Final = 4 * 4
# Coding so few bytes again saves nothing that is worth its loss.
_FEW_BYTES: Final = 8 * 1024
# JPEG and PNG are shown by whatever shows pictures.
_SHOWN_EVERYWHERE: Final = frozenset({"JPEG", "PNG"})


@dataclass(frozen=True, slots=True)
class ThumbnailFormat:
    """A format that thumbnails are made in.

    Attributes:
        name: Pillow's name for it.
        media_type: for `Accept`.
        qualities: by width. At 640 and more, several pixels of a thumbnail are one on the page.
        options: of its encoder.
        keeps_transparency: else transparent parts become white.
    """

    name: str
    media_type: str
    qualities: Mapping[int, int]
    options: Mapping[str, Any]
    keeps_transparency: bool


# At these qualities the three look alike; AVIF has about 0.6 of the bytes of JPEG. Speed 9 codes as fast as WebP, and
# slower ones save 3 %. Each is made by one thread, and several at a time.
AVIF: Final = ThumbnailFormat(
    "AVIF", "image/avif", {160: 60, 320: 55, 640: 42, 1280: 42}, {"speed": 9, "max_threads": 1}, True
)
WEBP: Final = ThumbnailFormat("WEBP", "image/webp", {160: 75, 320: 72, 640: 47, 1280: 47}, {"method": 4}, True)
# Neither optimised nor progressive: then it is coded by pieces, between which other threads run.
JPEG: Final = ThumbnailFormat("JPEG", "image/jpeg", {160: 80, 320: 76, 640: 65, 1280: 65}, {}, False)
# The one that is preferred comes first; the last one is for whoever names none.
THUMBNAIL_FORMATS: Final = (AVIF, WEBP, JPEG)


def thumbnail_size(header: PictureHeader, width: int) -> tuple[int, int]:
    """Width and height of a picture's thumbnail, pixels; never more than the picture's own."""
    scale = min(1.0, width / header.width, HIGHEST * width / header.height)
    return max(1, round(header.width * scale)), max(1, round(header.height * scale))


def thumbnail_memory(header: PictureHeader, width: int) -> int:
    """Estimate the memory that making a thumbnail takes at its peak, bytes."""
    across, down = thumbnail_size(header, width)
    pixels = across * down
    copies = _COPIED_BYTES * min(_DETAIL * pixels, header.width * header.height)
    # What was decoded is gone when the thumbnail is encoded.
    return max(peak_bytes(header, box=None, target=max(across, down)) + copies, _ENCODER_BYTES_PER_PIXEL * pixels)


def thumbnail(
    data: bytes,
    header: PictureHeader,
    *,
    width: int,
    made_as: ThumbnailFormat,
    is_abandoned: Callable[[], bool] = lambda: False,
) -> bytes:
    """Make a thumbnail.

    A picture that is small enough already is not coded again, if that would save next to nothing: the answer is then
    the file itself without its metadata.

    Args:
        data: the picture's file.
        header: of it, inspected.
        width: one of `WIDTHS`.
        made_as: the format.
        is_abandoned: asked now and then while the picture is decoded; whether to give up.

    Returns:
        A file in that format; or of JPEG or PNG, if the picture is one and was not coded again.

    Raises:
        PictureRejected: `image_unreadable`.
        DecodingAbandonedError: `is_abandoned` said so.
    """
    part, can_stay = _shrunk(header, width, made_as, is_abandoned)
    made = _encoded(part, made_as, made_as.qualities[width])
    return _smaller(made, data, header, made_as) if can_stay else made


def _shrunk(
    header: PictureHeader, width: int, made_as: ThumbnailFormat, is_abandoned: Callable[[], bool]
) -> tuple[Image.Image, bool]:
    """The pixels of a thumbnail, and whether the picture's own file would show the same."""
    size = thumbnail_size(header, width)
    target = max(size)
    with loaded(header, draft_of(header, box=None, target=target), is_abandoned) as image:
        has_four_inks = image.mode == "CMYK"
        part = kept_part(image, header, None, target=target, icc=header.structure.icc)
        part = _visible(part)
        if part.size != size:
            part = part.resize(size, Image.Resampling.LANCZOS)
    if not made_as.keeps_transparency:
        part = on_white(part)
    # It would be written: profile, EXIF and texts.
    part.info = {}
    is_upright_srgb = header.orientation == 1 and not header.structure.icc and not has_four_inks
    return part, is_upright_srgb and size == (header.width, header.height)


def _visible(part: Image.Image) -> Image.Image:
    """As RGBA, or as RGB if every pixel is opaque."""
    if part.mode in {"RGBA", "LA"} and part.getchannel("A").getextrema() != (255, 255):
        return part if part.mode == "RGBA" else part.convert("RGBA")
    return part if part.mode == "RGB" else part.convert("RGB")


def _encoded(part: Image.Image, made_as: ThumbnailFormat, quality: int) -> bytes:
    file = io.BytesIO()
    part.save(file, made_as.name, quality=quality, **made_as.options)
    return file.getvalue()


def _smaller(made: bytes, data: bytes, header: PictureHeader, made_as: ThumbnailFormat) -> bytes:
    """The picture's own file, if it can be shown as it is and takes no more."""
    if header.format.name not in {*_SHOWN_EVERYWHERE, made_as.name}:
        return made
    try:
        own = without_metadata(data)
    except PictureRejected:
        return made
    return own if len(own) <= max(len(made), _FEW_BYTES) else made

"""Checks of a picture's header before any pixel is decoded: the same in API and worker."""

import io
import re
import struct
from dataclasses import dataclass

from PIL import Image, UnidentifiedImageError

from contracts.errors import PictureRejected
from pictures.formats import FORMATS, PictureFormat, formats_in_words, recognised
from pictures.refused_formats import refused_format
from pictures.structure import Structure, damaged

if any(known.name == "HEIF" for known in FORMATS):
    import pillow_heif

    # Pillow decodes HEIC by itself from now on.
    pillow_heif.register_heif_opener(thumbnails=False)

MAX_PICTURE_BYTES = 10 * 1024 * 1024
MIN_SIDE_PX = 8
MAX_SIDE_PX = 20_000
MAX_PIXELS = 50_000_000
MAX_DECODED_BYTES = 128 * 1024 * 1024

# Exceptions that Pillow raised on 20,000 mutated pictures, widened to base classes.
PILLOW_ERRORS = (
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    AttributeError,
    ArithmeticError,
    LookupError,
    RuntimeError,
    MemoryError,
    EOFError,
    Image.DecompressionBombError,
    struct.error,
)

# A picture may have more pixels than this only if its bytes justify them. Without such a rule 36 bytes of WebP pass for
# 45 megapixels. A byte of a PNG holds 1,032 at most, unless a pixel has less than a byte. In the other formats encoders
# reach such ratios only on pictures of a single colour: WebP 560, JPEG 170, lossless WebP 25,000.
MAX_PIXELS_OF_ANY_FILE = 2048 * 2048
MAX_PIXELS_PER_BYTE = 1_100
_PYTHON_OBJECT = re.compile(r"<[^<>]* object at 0x[0-9a-f]+>")


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """The contents of a picture's header.

    Attributes:
        format: decided by its bytes alone, not by file name or Content-Type.
        width, height: pixels after EXIF orientation.
        orientation: that the decoded picture still needs, EXIF numbers 1 to 8.
        structure: what the decoding depends on.
    """

    format: PictureFormat
    width: int
    height: int
    orientation: int
    structure: Structure


def inspect(data: bytes) -> PictureHeader:
    """Check a picture's size, signature and header without decoding pixels.

    Costs a bounded time, whatever the bytes are, of up to 0.1 s for 10 MiB.

    Raises:
        PictureRejected: `image_too_large` (over 10 MiB, a side over 20,000 pixels, over 50 megapixels, over 128 MiB
            decoded, far more pixels than its bytes justify), `unsupported_media_type` (its first bytes match no format
            in `pictures.formats`), `image_unreadable` (empty, damaged header, animated, too many parts, a JPEG of over
            100 scans or of fewer that take as long) or `image_too_small` (a side under 8 pixels).
    """
    if not data:
        raise PictureRejected("image_unreadable", f"the picture is empty (0 bytes); send a {formats_in_words()} file")
    if len(data) > MAX_PICTURE_BYTES:
        raise PictureRejected(
            "image_too_large",
            f"the picture has {len(data):,} bytes; at most {MAX_PICTURE_BYTES:,} are accepted",
        )
    picture_format = _format_of(data)
    structure = picture_format.structure(data)
    # Checked before Pillow opens the file, because WebP's decoder allocates the canvas that the header claims.
    _check_area(structure.width, structure.height, len(data))
    try:
        with Image.open(io.BytesIO(structure.essential), formats=(picture_format.name,)) as image:
            width, height = image.size
            alpha = "A" in image.getbands() or "transparency" in image.info
    except Image.DecompressionBombError:
        raise PictureRejected(
            "image_too_large", f"the picture has over {MAX_PIXELS:,} pixels; send a smaller one"
        ) from None
    except PILLOW_ERRORS as error:
        raise unreadable(picture_format, error) from error
    if (width, height) != (structure.width, structure.height):
        raise damaged(picture_format.label)
    if picture_format.file_bytes_per_pixel is not None:
        _check_decoded_bytes(width * height * picture_format.file_bytes_per_pixel(data, alpha))
    if picture_format.may_move and structure.frames > 1:
        raise PictureRejected(
            "image_unreadable", f"the picture is an animation of {structure.frames} frames; send a still picture"
        )
    orientation = structure.orientation
    if orientation >= 5:
        width, height = height, width
    return PictureHeader(picture_format, width, height, orientation, structure)


def unreadable(picture_format: PictureFormat, error: BaseException) -> PictureRejected:
    """The rejection of a picture whose bytes are broken."""
    return PictureRejected(
        "image_unreadable",
        f"the {picture_format.label} picture cannot be decoded, it is truncated or damaged{_reason(error)}; "
        "save it again and resend",
    )


def _reason(error: BaseException) -> str:
    # Pillow names the object that it reads from: `<_io.BytesIO object at 0x7f...>`.
    words = _PYTHON_OBJECT.sub("the file", str(error))
    return f" ({words:.120})" if words and not isinstance(error, UnidentifiedImageError) else ""


def _format_of(data: bytes) -> PictureFormat:
    picture_format = recognised(data)
    if picture_format is None:
        known = refused_format(data)
        what = "the file is not a picture that can be read" if known is None else f"the file is {known.words}"
        mend = known.advice if known and known.advice else f"send {formats_in_words()}"
        raise PictureRejected("unsupported_media_type", f"{what}; {mend} (the bytes decide, not the file name)")
    return picture_format


def _check_area(width: int, height: int, file_bytes: int) -> None:
    if width < MIN_SIDE_PX or height < MIN_SIDE_PX:
        raise PictureRejected(
            "image_too_small",
            f"the picture has {width} x {height} pixels; each side needs at least {MIN_SIDE_PX}",
        )
    if max(width, height) > MAX_SIDE_PX or width * height > MAX_PIXELS:
        raise PictureRejected(
            "image_too_large",
            f"the picture has {width:,} x {height:,} pixels; at most {MAX_SIDE_PX:,} a side and "
            f"{MAX_PIXELS:,} in all are accepted",
        )
    if width * height > max(MAX_PIXELS_OF_ANY_FILE, MAX_PIXELS_PER_BYTE * file_bytes):
        raise PictureRejected(
            "image_too_large",
            f"the picture has {width:,} x {height:,} pixels in only {file_bytes:,} bytes, so it shows next to nothing; "
            f"over {MAX_PIXELS_OF_ANY_FILE:,} pixels, at most {MAX_PIXELS_PER_BYTE:,} a byte are accepted",
        )


def _check_decoded_bytes(decoded_bytes: int) -> None:
    if decoded_bytes > MAX_DECODED_BYTES:
        raise PictureRejected(
            "image_too_large",
            f"the picture would take {decoded_bytes:,} bytes decoded; at most {MAX_DECODED_BYTES:,} are accepted",
        )

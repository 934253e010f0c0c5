"""Checks of a picture's header before any pixel is decoded: the same in API and worker."""

import io
import struct
from dataclasses import dataclass

from PIL import Image

from contracts.errors import PictureRejected
from pictures.formats import PictureFormat, formats_in_words, recognised

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

_EXIF_ORIENTATION = 0x0112
# Of an opaque picture: the least that a decoder can allocate.
_LEAST_BYTES_PER_PIXEL = 3


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """The contents of a picture's header.

    Attributes:
        format: decided by its bytes alone, not by file name or Content-Type.
        width, height: pixels after EXIF orientation.
        orientation: EXIF orientation 1 to 8; 1 if absent or unreadable.
    """

    format: PictureFormat
    width: int
    height: int
    orientation: int


def inspect(data: bytes) -> PictureHeader:
    """Check a picture's size, signature and header without decoding pixels.

    Raises:
        PictureRejected: `image_too_large` (over 10 MiB, a side over 20,000 pixels, over 50 megapixels, over 128 MiB
            decoded), `unsupported_media_type` (its first bytes match no format in `pictures.formats`),
            `image_unreadable` (empty, damaged header, animated, a JPEG of over 100 scans) or `image_too_small` (a
            side under 8 pixels).
    """
    if not data:
        raise PictureRejected("image_unreadable", f"the picture is empty (0 bytes); send a {formats_in_words()} file")
    if len(data) > MAX_PICTURE_BYTES:
        raise PictureRejected(
            "image_too_large",
            f"the picture has {len(data):,} bytes; at most {MAX_PICTURE_BYTES:,} are accepted",
        )
    picture_format = _format_of(data)
    if picture_format.canvas is not None:
        # Checked before Pillow opens the file, because its decoder allocates the canvas that the header claims.
        _check_size(*picture_format.canvas(data), decoded_bytes_per_pixel=_LEAST_BYTES_PER_PIXEL)
    try:
        with Image.open(io.BytesIO(data), formats=(picture_format.name,)) as image:
            width, height = image.size
            frames = int(getattr(image, "n_frames", 1)) if picture_format.may_move else 1
            orientation = _orientation(image)
            alpha = "A" in image.getbands() or "transparency" in image.info
    except Image.DecompressionBombError:
        raise PictureRejected(
            "image_too_large", f"the picture has over {MAX_PIXELS:,} pixels; send a smaller one"
        ) from None
    except PILLOW_ERRORS as error:
        raise unreadable(picture_format, error) from error
    bytes_per_pixel = picture_format.decoded_bytes_per_pixel
    _check_size(
        width, height, decoded_bytes_per_pixel=None if bytes_per_pixel is None else bytes_per_pixel(data, alpha)
    )
    if frames > 1:
        raise PictureRejected(
            "image_unreadable", f"the picture is an animation of {frames} frames; send a still picture"
        )
    if picture_format.check is not None:
        picture_format.check(data)
    if orientation >= 5:
        width, height = height, width
    return PictureHeader(picture_format, width, height, orientation)


def unreadable(picture_format: PictureFormat, error: BaseException) -> PictureRejected:
    """The rejection of a picture whose bytes are broken."""
    return PictureRejected(
        "image_unreadable",
        f"the {picture_format.name} picture cannot be decoded, it is truncated or damaged ({error!s:.120}); "
        "save it again and resend",
    )


def _format_of(data: bytes) -> PictureFormat:
    picture_format = recognised(data)
    if picture_format is None:
        raise PictureRejected(
            "unsupported_media_type",
            f"the file is not a picture that can be read: its first bytes are {data[:8]!r}; "
            f"send {formats_in_words()} (the bytes decide, not the file name)",
        )
    return picture_format


def _check_size(width: int, height: int, *, decoded_bytes_per_pixel: int | None) -> None:
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
    if decoded_bytes_per_pixel is not None and width * height * decoded_bytes_per_pixel > MAX_DECODED_BYTES:
        raise PictureRejected(
            "image_too_large",
            f"the picture would take {width * height * decoded_bytes_per_pixel:,} bytes decoded; "
            f"at most {MAX_DECODED_BYTES:,} are accepted",
        )


def _orientation(image: Image.Image) -> int:
    """EXIF orientation from the header alone; `getexif` would decode a whole PNG to find it."""
    raw = image.info.get("exif")
    if not raw:
        return 1
    try:
        exif = Image.Exif()
        exif.load(raw)
        orientation = exif.get(_EXIF_ORIENTATION, 1)
    except PILLOW_ERRORS:
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1

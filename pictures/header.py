"""What the first look at a picture says, before a pixel is decoded: the same checks in API and worker."""

import io
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from contracts.errors import PictureRejected

MAX_PICTURE_BYTES = 10 * 1024 * 1024
MIN_SIDE_PX = 8
MAX_SIDE_PX = 20_000
MAX_PIXELS = 50_000_000
MAX_DECODED_BYTES = 128 * 1024 * 1024
# A progressive JPEG may hold thousands of scans, each of which costs a pass over the whole picture;
# cameras and encoders write about ten.
MAX_JPEG_SCANS = 100

Format = Literal["JPEG", "PNG", "WEBP"]

# What Pillow was seen to raise on 20,000 mutated pictures, and its subclasses' siblings.
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
)

_EXIF_ORIENTATION = 0x0112
_START_OF_SCAN = b"\xff\xda"
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What a picture's header says.

    Attributes:
        format: by its bytes; file name and Content-Type are never asked.
        width, height: pixels after EXIF orientation.
        orientation: EXIF orientation 1..8; 1 where absent or unreadable.
    """

    format: Format
    width: int
    height: int
    orientation: int


def inspect(data: bytes) -> PictureHeader:
    """Check a picture's size, signature and header; decodes no pixels.

    Raises:
        PictureRejected: `image_too_large` (over 10 MiB, a side over 20,000, over 50 megapixels, PNG or
            WebP over 128 MiB decoded), `unsupported_media_type` (not JPEG, PNG or WebP by its first
            bytes), `image_unreadable` (empty, torn header, animated, over 100 scans) or
            `image_too_small` (a side under 8).
    """
    if not data:
        raise PictureRejected("image_unreadable", "the picture is empty (0 bytes); send a JPEG, PNG or WebP file")
    if len(data) > MAX_PICTURE_BYTES:
        raise PictureRejected(
            "image_too_large",
            f"the picture has {len(data):,} bytes; at most {MAX_PICTURE_BYTES:,} are accepted",
        )
    picture_format = _format_by_signature(data)
    if picture_format == "WEBP":
        # Before Pillow's decoder sees the file: it allocates the canvas that the header claims.
        _check_size(*_webp_canvas(data), decoded_bytes_per_pixel=3)
    try:
        with Image.open(io.BytesIO(data), formats=(picture_format,)) as image:
            width, height = image.size
            frames = 1 if picture_format == "JPEG" else int(getattr(image, "n_frames", 1))
            orientation = _orientation(image)
            alpha = "A" in image.getbands() or "transparency" in image.info
    except Image.DecompressionBombError:
        raise PictureRejected(
            "image_too_large", f"the picture has over {MAX_PIXELS:,} pixels; send a smaller one"
        ) from None
    except PILLOW_ERRORS as error:
        raise unreadable(picture_format, error) from error
    _check_size(width, height, decoded_bytes_per_pixel=_decoded_bytes_per_pixel(data, picture_format, alpha=alpha))
    if frames > 1:
        raise PictureRejected(
            "image_unreadable", f"the picture is an animation of {frames} frames; send a still picture"
        )
    if picture_format == "JPEG" and data.count(_START_OF_SCAN) > MAX_JPEG_SCANS:
        raise PictureRejected(
            "image_unreadable", f"the JPEG has over {MAX_JPEG_SCANS} scans; save it again as an ordinary JPEG"
        )
    if orientation >= 5:
        width, height = height, width
    return PictureHeader(picture_format, width, height, orientation)


def unreadable(picture_format: str, error: BaseException) -> PictureRejected:
    """The rejection of a picture whose bytes are broken."""
    return PictureRejected(
        "image_unreadable",
        f"the {picture_format} picture cannot be decoded, it is truncated or damaged ({error!s:.120}); "
        "save it again and resend",
    )


def _format_by_signature(data: bytes) -> Format:
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    raise PictureRejected(
        "unsupported_media_type",
        f"the file is not a picture that can be read: its first bytes are {data[:8]!r}; "
        "send JPEG, PNG or WebP (the bytes decide, not the file name)",
    )


def _webp_canvas(data: bytes) -> tuple[int, int]:
    """Width and height that the first chunk of a WebP file claims (RFC 9649, section 2)."""
    chunk, body = data[12:16], data[20:30]
    if chunk == b"VP8X" and len(body) == 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if chunk == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and len(body) == 10:
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    raise PictureRejected("image_unreadable", "the WebP picture's header is torn; save it again and resend")


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


def _decoded_bytes_per_pixel(data: bytes, picture_format: Format, *, alpha: bool) -> int | None:
    if picture_format == "JPEG":
        return None
    if picture_format == "WEBP":
        return 4 if alpha else 3
    bit_depth, colour_type = data[24], data[25]
    if colour_type == 3:
        return 4 if alpha else 3
    return _PNG_CHANNELS.get(colour_type, 4) * max(1, bit_depth // 8)


def _orientation(image: Image.Image) -> int:
    """EXIF orientation from the header alone (`getexif` would decode a whole PNG to look for it)."""
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

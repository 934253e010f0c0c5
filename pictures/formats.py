"""The supported picture formats. All code that names a format, suffix or media type takes it from this table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.errors import PictureRejected

# A progressive JPEG may contain thousands of scans, and each costs a pass over the whole picture.
# Cameras and encoders write about ten.
MAX_JPEG_SCANS = 100
_START_OF_SCAN = b"\xff\xda"
_PNG_CHANNELS = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}
_PNG_PALETTE = 3


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """A format of picture files.

    Attributes:
        name: Pillow's name for it.
        label: its usual spelling, for people.
        media_type: for `Content-Type`.
        suffixes: file name suffixes, lower case, with the dot.
        matches: takes a file's first bytes; whether they are of this format.
        decoded_bytes_per_pixel: takes a file and whether it has transparency; bytes that Pillow allocates per pixel.
            None if the decoder can shrink a large picture while reading, so that it is never in memory at full size.
        may_move: whether several frames mean an animation. Otherwise they are other views, and the first is used.
        canvas: takes a file; width and height that its header claims. Set for a format whose decoder allocates them
            as soon as Pillow opens the file. Raises PictureRejected if the header is damaged. None: ask Pillow.
        check: raises PictureRejected for a file that costs more to decode than its pixel size suggests, or None.
    """

    name: str
    label: str
    media_type: str
    suffixes: tuple[str, ...]
    matches: Callable[[bytes], bool]
    decoded_bytes_per_pixel: Callable[[bytes, bool], int] | None
    may_move: bool
    canvas: Callable[[bytes], tuple[int, int]] | None = None
    check: Callable[[bytes], None] | None = None

    @property
    def shrinks_while_decoding(self) -> bool:
        """Whether the decoder can skip detail, as JPEG's can."""
        return self.decoded_bytes_per_pixel is None


def recognised(data: bytes) -> PictureFormat | None:
    """The format of a file by its first bytes, or None if it is not a supported one."""
    return next((known for known in FORMATS if known.matches(data)), None)


def formats_in_words(conjunction: str = "or") -> str:
    """The formats as part of a sentence: `JPEG, PNG or WebP`."""
    return _listed([known.label for known in FORMATS], conjunction)


def suffixes_in_words(conjunction: str = "or") -> str:
    """The suffixes as part of a sentence: `.jpg, .jpeg, .png or .webp`."""
    return _listed(SUFFIXES, conjunction)


def _listed(words: Sequence[str], conjunction: str) -> str:
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def _check_scans(data: bytes) -> None:
    if data.count(_START_OF_SCAN) > MAX_JPEG_SCANS:
        raise PictureRejected(
            "image_unreadable", f"the JPEG has over {MAX_JPEG_SCANS} scans; save it again as an ordinary JPEG"
        )


def _png_bytes_per_pixel(data: bytes, alpha: bool) -> int:
    bit_depth, colour_type = data[24], data[25]
    if colour_type == _PNG_PALETTE:
        return 4 if alpha else 3
    return _PNG_CHANNELS.get(colour_type, 4) * max(1, bit_depth // 8)


def _webp_canvas(data: bytes) -> tuple[int, int]:
    """Width and height according to the first chunk of a WebP file (RFC 9649, section 2)."""
    chunk, body = data[12:16], data[20:30]
    if chunk == b"VP8X" and len(body) == 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if chunk == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and len(body) == 10:
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    raise PictureRejected("image_unreadable", "the WebP picture's header is damaged; save it again and resend")


FORMATS: Final = (
    PictureFormat(
        name="JPEG",
        label="JPEG",
        media_type="image/jpeg",
        suffixes=(".jpg", ".jpeg"),
        matches=lambda data: data.startswith(b"\xff\xd8\xff"),
        decoded_bytes_per_pixel=None,
        may_move=False,
        check=_check_scans,
    ),
    PictureFormat(
        name="PNG",
        label="PNG",
        media_type="image/png",
        suffixes=(".png",),
        matches=lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"),
        decoded_bytes_per_pixel=_png_bytes_per_pixel,
        may_move=True,
    ),
    PictureFormat(
        name="WEBP",
        label="WebP",
        media_type="image/webp",
        suffixes=(".webp",),
        matches=lambda data: data.startswith(b"RIFF") and data[8:12] == b"WEBP",
        decoded_bytes_per_pixel=lambda _, alpha: 4 if alpha else 3,
        may_move=True,
        canvas=_webp_canvas,
    ),
)
SUFFIXES: Final = tuple(suffix for known in FORMATS for suffix in known.suffixes)
MEDIA_TYPES: Final = tuple(known.media_type for known in FORMATS)

"""The supported picture formats. All code that names a format, suffix or media type takes it from this table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

from pictures.isobmff import avif_structure, brands_of, heic_structure
from pictures.jpeg import jpeg_structure
from pictures.png import SIGNATURE as PNG_SIGNATURE
from pictures.png import file_bytes_per_pixel as png_bytes_per_pixel
from pictures.png import png_structure
from pictures.structure import Structure
from pictures.webp import webp_structure


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """A format of picture files.

    Attributes:
        name: Pillow's name for it.
        label: its usual spelling, for people.
        media_type: for `Content-Type`.
        suffixes: file name suffixes, lower case, with the dot.
        matches: takes a file's first bytes; whether they are of this format.
        structure: takes a file; walks its parts without decoding. Raises PictureRejected if they are damaged, or more
            than in any real file.
        file_bytes_per_pixel: takes a file and whether it has transparency; bytes of a pixel before compression, which
            the HTTP contract limits. None if the decoder can shrink a large picture while reading.
        may_move: whether several frames mean an animation. Otherwise they are other views, and the first is used.
    """

    name: str
    label: str
    media_type: str
    suffixes: tuple[str, ...]
    matches: Callable[[bytes], bool]
    structure: Callable[[bytes], Structure]
    file_bytes_per_pixel: Callable[[bytes, bool], int] | None
    may_move: bool


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


_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis"})
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})


def _matches_avif(data: bytes) -> bool:
    return bool(brands_of(data) & _AVIF_BRANDS)


def _matches_heic(data: bytes) -> bool:
    brands = brands_of(data)
    return bool(brands & _HEIC_BRANDS) and not brands & _AVIF_BRANDS


def _heic_is_installed() -> bool:
    """Whether the extra `heif` is installed; `pictures.header` registers its decoder with Pillow."""
    return find_spec("pillow_heif") is not None


FORMATS: Final = (
    PictureFormat(
        name="JPEG",
        label="JPEG",
        media_type="image/jpeg",
        suffixes=(".jpg", ".jpeg", ".jfif", ".jpe"),
        matches=lambda data: data.startswith(b"\xff\xd8\xff"),
        structure=jpeg_structure,
        file_bytes_per_pixel=None,
        may_move=False,
    ),
    PictureFormat(
        name="PNG",
        label="PNG",
        media_type="image/png",
        suffixes=(".png",),
        matches=lambda data: data.startswith(PNG_SIGNATURE),
        structure=png_structure,
        file_bytes_per_pixel=png_bytes_per_pixel,
        may_move=True,
    ),
    PictureFormat(
        name="WEBP",
        label="WebP",
        media_type="image/webp",
        suffixes=(".webp",),
        matches=lambda data: data.startswith(b"RIFF") and data[8:12] == b"WEBP",
        structure=webp_structure,
        file_bytes_per_pixel=lambda _, alpha: 4 if alpha else 3,
        may_move=True,
    ),
    PictureFormat(
        name="AVIF",
        label="AVIF",
        media_type="image/avif",
        suffixes=(".avif",),
        matches=_matches_avif,
        structure=avif_structure,
        file_bytes_per_pixel=lambda _, alpha: 4 if alpha else 3,
        may_move=True,
    ),
    *(
        PictureFormat(
            name="HEIF",
            label="HEIC",
            media_type="image/heic",
            suffixes=(".heic", ".heif"),
            matches=_matches_heic,
            structure=heic_structure,
            file_bytes_per_pixel=lambda _, alpha: 4 if alpha else 3,
            # Some phones store a burst, and the first picture is the photo.
            may_move=False,
        )
        for _ in range(_heic_is_installed())
    ),
)
SUFFIXES: Final = tuple(suffix for known in FORMATS for suffix in known.suffixes)
MEDIA_TYPES: Final = tuple(known.media_type for known in FORMATS)

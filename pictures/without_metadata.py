"""A picture's file without what says who took it, where and with what; its pixels stay exactly the same."""

from collections.abc import Callable, Mapping
from typing import Final

from pictures.header import PictureHeader, inspect
from pictures.isobmff_without_metadata import isobmff_without_metadata
from pictures.jpeg_without_metadata import jpeg_without_metadata
from pictures.png_without_metadata import png_without_metadata
from pictures.webp_without_metadata import webp_without_metadata

_CLEANERS: Final[Mapping[str, Callable[[bytes, PictureHeader], bytes]]] = {
    "JPEG": jpeg_without_metadata,
    "PNG": png_without_metadata,
    "WEBP": webp_without_metadata,
    "AVIF": isobmff_without_metadata,
    "HEIF": isobmff_without_metadata,
}


def without_metadata(data: bytes) -> bytes:
    """Remove EXIF, XMP, IPTC, comments, previews, other pictures of the file, and whatever follows the picture's end.

    Nothing is decoded and coded again: the coded pixels stay byte for byte. The orientation stays, alone in a new EXIF
    block, and so do the colour profile and what else the colours depend on. In AVIF and HEIC, where all places are
    absolute, metadata are overwritten instead of cut out.

    Args:
        data: a file of one of the formats in `pictures.formats`.

    Returns:
        The same for the same bytes, and itself when it is cleaned once more. At most some hundred bytes longer.

    Raises:
        PictureRejected: as `pictures.header.inspect`; also `image_unreadable` if the file ends before its picture, or
            is built in a way that no camera or editor uses.
    """
    header = inspect(data)
    return _CLEANERS[header.format.name](data, header)

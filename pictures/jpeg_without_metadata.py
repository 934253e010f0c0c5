"""JPEG files without metadata: only the segments that a decoder needs."""

from collections.abc import Iterator
from typing import Final

from pictures.exif import orientation_block
from pictures.header import PictureHeader
from pictures.jpeg import ICC_NAME, segments

_APP0, _EXIF, _ICC, _ADOBE, _START_OF_SCAN, _END_OF_IMAGE = 0xE0, 0xE1, 0xE2, 0xEE, 0xDA, 0xD9
# Frames and tables, what begins a scan, number of lines, restart interval.
_CODING: Final = frozenset({*range(0xC0, 0xD0), _START_OF_SCAN, 0xDB, 0xDC, 0xDD})
_MOST_IN_SEGMENT: Final = 65_533 - len(ICC_NAME) - 2
# After this much of a JFIF segment comes a preview; its width and height are the last two bytes.
_JFIF_BYTES, _ADOBE_BYTES = 14, 12


def jpeg_without_metadata(data: bytes, header: PictureHeader) -> bytes:
    """Keep what is coded, JFIF's and Adobe's note on colours, orientation and profile; see `pictures.without_metadata`.

    Raises:
        PictureRejected: `image_unreadable`: more segments than any real file has.
    """
    first, later = b"", []
    for marker, start, body_at, end, next_at in segments(data):
        body = data[body_at:end]
        if marker == _START_OF_SCAN:
            # The coded pixels go on up to the next marker.
            later.append(data[start:next_at])
        elif marker in _CODING or marker == _END_OF_IMAGE:
            later.append(data[start:end])
        elif marker == _APP0 and body.startswith(b"JFIF\0") and len(body) >= _JFIF_BYTES and not first:
            first = _segment(_APP0, body[: _JFIF_BYTES - 2] + b"\0\0")
        elif marker == _ADOBE and body.startswith(b"Adobe") and len(body) >= _ADOBE_BYTES:
            later.append(_segment(_ADOBE, body[:_ADOBE_BYTES]))
    oriented = b""
    if header.orientation != 1:
        oriented = _segment(_EXIF, b"Exif\0\0" + orientation_block(header.orientation))
    profile = b"".join(_profile(header.structure.icc))
    return b"".join([data[:2], first, oriented, profile, *later])


def _profile(icc: bytes) -> Iterator[bytes]:
    pieces = [icc[at : at + _MOST_IN_SEGMENT] for at in range(0, len(icc), _MOST_IN_SEGMENT)]
    for number, piece in enumerate(pieces, 1):
        yield _segment(_ICC, ICC_NAME + bytes([number, len(pieces)]) + piece)


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2) + body

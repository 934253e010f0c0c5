"""PNG files without metadata: header, palette, transparency and pixels, and what their colours depend on."""

import zlib
from typing import Final

from pictures.exif import orientation_block
from pictures.header import PictureHeader
from pictures.png import SIGNATURE, chunks_before_pixels

_HEADER_AT, _HEADER_BYTES = 16, 13
# What says how colours are meant, with the lengths that it may have.
_COLOURS: Final = {b"cICP": (4,), b"sRGB": (1,), b"gAMA": (4,), b"cHRM": (32,), b"sBIT": (1, 2, 3, 4)}


def png_without_metadata(data: bytes, header: PictureHeader) -> bytes:
    """Keep the chunks that pixels and colours are made of; see `pictures.without_metadata`."""
    length = int.from_bytes(data[8:12])
    essential = header.structure.essential[len(SIGNATURE) + 12 + length :]
    added: dict[bytes, bytes] = {}
    for kind, body in chunks_before_pixels(data):
        if kind in added:
            continue
        if kind in _COLOURS and len(body) in _COLOURS[kind]:
            added[kind] = body
        elif kind == b"iCCP" and header.structure.icc:
            added[kind] = b"icc\0\0" + _deflated_alone(body.partition(b"\0")[2][1:])
    if header.orientation != 1:
        added[b"eXIf"] = orientation_block(header.orientation)
    ordered = [_chunk(kind, added[kind]) for kind in (*_COLOURS, b"iCCP", b"eXIf") if kind in added]
    head = _chunk(b"IHDR", data[_HEADER_AT : _HEADER_AT + _HEADER_BYTES])
    return b"".join([SIGNATURE, head, *ordered, essential])


def _deflated_alone(data: bytes) -> bytes:
    """The profile as it was deflated, without what may follow it; its size was checked when the header was read."""
    inflater = zlib.decompressobj()
    inflater.decompress(data)
    return data[: len(data) - len(inflater.unused_data)]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)

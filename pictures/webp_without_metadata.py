"""WebP files without metadata: the picture, its transparency and its profile."""

from collections.abc import Iterator

from pictures.exif import orientation_block
from pictures.header import PictureHeader
from pictures.structure import MAX_PARTS, damaged

_ANIMATION, _EXIF, _ALPHA, _PROFILE = 0x02, 0x08, 0x10, 0x20
_PICTURE = (b"VP8 ", b"VP8L")
_FRAME_HEADER_BYTES, _CANVAS_BYTES, _LOOPING_BYTES = 16, 10, 6


def webp_without_metadata(data: bytes, header: PictureHeader) -> bytes:
    """Keep the chunks that the picture is made of; see `pictures.without_metadata`.

    Raises:
        PictureRejected: `image_unreadable`: the file has no picture, or ends before it does.
    """
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    parts = list(_chunks(data, 12, end))
    extended = parts[0][0] == b"VP8X" if parts else False
    canvas = parts[0][1] if extended else b""
    picture = list(_picture(parts))
    if not picture or picture[-1][0] not in (*_PICTURE, b"ANMF") or (extended and len(canvas) < _CANVAS_BYTES):
        raise damaged("WebP")
    if not extended:
        return _file([picture[-1]])
    flags = canvas[0] & _ALPHA
    kept: list[tuple[bytes, bytes]] = []
    if header.structure.icc:
        flags |= _PROFILE
        kept.append((b"ICCP", header.structure.icc))
    if picture[0][0] == b"ANIM":
        flags |= canvas[0] & _ANIMATION
    kept += picture
    if header.orientation != 1:
        flags |= _EXIF
        kept.append((b"EXIF", orientation_block(header.orientation)))
    return _file([(b"VP8X", bytes([flags, 0, 0, 0]) + canvas[4:_CANVAS_BYTES]), *kept])


def _chunks(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Kind and body of each chunk; the last one may be cut off, which `_picture` notices."""
    for _ in range(MAX_PARTS):
        if at + 8 > end:
            return
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + length > end:
            return
        yield kind, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _picture(parts: list[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, bytes]]:
    """The first picture after its transparency, or the only frame of an animation after what says how it loops."""
    before: dict[bytes, bytes] = {}
    for kind, body in parts:
        if kind == b"ANIM" and len(body) >= _LOOPING_BYTES:
            before.setdefault(kind, body[:_LOOPING_BYTES])
        elif kind == b"ALPH":
            before.setdefault(kind, body)
        elif kind == b"ANMF":
            inside = list(_picture(list(_chunks(body, _FRAME_HEADER_BYTES, len(body)))))
            if not inside or inside[-1][0] not in _PICTURE or b"ANIM" not in before:
                raise damaged("WebP")
            yield b"ANIM", before[b"ANIM"]
            yield kind, body[:_FRAME_HEADER_BYTES] + b"".join(_rendered(*chunk) for chunk in inside)
            return
        elif kind in _PICTURE:
            if b"ALPH" in before and kind == b"VP8 ":
                yield b"ALPH", before[b"ALPH"]
            yield kind, body
            return


def _file(chunks: list[tuple[bytes, bytes]]) -> bytes:
    body = b"WEBP" + b"".join(_rendered(*chunk) for chunk in chunks)
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def _rendered(kind: bytes, body: bytes) -> bytes:
    return kind + len(body).to_bytes(4, "little") + body + bytes(len(body) % 2)

"""The structure of WebP files (RFC 9649)."""

from pictures.exif import orientation_of
from pictures.structure import MAX_ICC_BYTES, MAX_PARTS, Structure, damaged, too_many_parts
from pictures.xmp import MAX_XMP_BYTES

_HAS_XMP, _HAS_EXIF, _HAS_PROFILE = 0x04, 0x08, 0x20
# Beside Pillow's own pixels: libwebp's two canvases, and the pixels on their way from one to the other.
_KEPT_BYTES_PER_PIXEL = 12


def webp_structure(data: bytes) -> Structure:
    """Walk the chunks of a WebP.

    Raises:
        PictureRejected: `image_unreadable`: its first chunk is damaged, or it has more chunks than any real file.
    """
    width, height = _canvas(data)
    announced = data[20] if data[12:16] == b"VP8X" else 0
    exif, xmp, icc, frames, at = b"", b"", b"", 0, 12
    for _ in range(MAX_PARTS):
        if at + 8 > len(data):
            break
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if kind == b"ANMF":
            frames += 1
        elif kind == b"EXIF" and announced & _HAS_EXIF and not exif:
            exif = data[at + 8 : at + 8 + length]
        elif kind == b"XMP " and announced & _HAS_XMP and not xmp:
            xmp = data[at + 8 : at + 8 + min(length, MAX_XMP_BYTES)]
        elif kind == b"ICCP" and announced & _HAS_PROFILE and not icc and length <= MAX_ICC_BYTES:
            icc = data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    else:
        raise too_many_parts("WebP", "chunks", MAX_PARTS)
    return Structure(
        width=width,
        height=height,
        # libwebp passes over what it does not need.
        essential=data,
        orientation=orientation_of(exif, xmp),
        icc=icc,
        frames=max(1, frames),
        pixel_bytes=4,
        kept_bytes=_KEPT_BYTES_PER_PIXEL * width * height,
        is_reducible=False,
    )


def _canvas(data: bytes) -> tuple[int, int]:
    chunk, body = data[12:16], data[20:30]
    if chunk == b"VP8X" and len(body) == 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if chunk == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if chunk == b"VP8 " and len(body) == 10:
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    raise damaged("WebP")

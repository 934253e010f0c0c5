"""Pictures of every kind that customers and attackers send, as bytes."""

import io
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pillow_heif
from PIL import Image

# So that `encoded` can write HEIC.
pillow_heif.register_heif_opener()


def shirt(width: int = 60, height: int = 80) -> Image.Image:
    """A red shape on white: its left half brighter than its right, so that turns and mirrors show."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[height // 8 : -height // 8, width // 8 : width // 2] = (220, 40, 40)
    pixels[height // 8 : -height // 8, width // 2 : -width // 8] = (120, 20, 20)
    return Image.fromarray(pixels)


def encoded(image: Image.Image, picture_format: str, **options: object) -> bytes:
    """The file of an image."""
    buffer = io.BytesIO()
    image.save(buffer, picture_format, **options)
    return buffer.getvalue()


def jpeg(width: int = 60, height: int = 80, **options: object) -> bytes:
    """An ordinary JPEG."""
    return encoded(shirt(width, height), "JPEG", quality=95, **options)


def jpeg_with_orientation(orientation: int) -> bytes:
    """A JPEG whose pixels are stored turned, and whose EXIF says how to turn them back."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    turn = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = shirt() if turn is None else shirt().transpose(turn)
    return encoded(stored, "JPEG", quality=95, exif=exif)


def multi_picture_jpeg() -> bytes:
    """What phones write: a second, smaller picture behind the first."""
    return encoded(shirt(), "MPO", save_all=True, append_images=[Image.new("RGB", (30, 40), "green")], quality=95)


def png_of_one_colour(width: int, height: int, *, bit_depth: int = 8, colour_type: int = 2) -> bytes:
    """A whole, valid PNG of zeros, small on the disk however large it is."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour_type]
    row = b"\0" + bytes(width * channels * bit_depth // 8)
    compressor = zlib.compressobj(1)
    data = b"".join(compressor.compress(row) for _ in range(height)) + compressor.flush()
    header = struct.pack(">IIBBBBB", width, height, bit_depth, colour_type, 0, 0, 0)
    palette = _chunk(b"PLTE", bytes(3)) if colour_type == 3 else b""
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + palette + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def webp_bomb() -> bytes:
    """34 bytes that claim 16383 x 10900 pixels."""
    body = b"VP8L" + struct.pack("<I", 14) + b"\x2f" + struct.pack("<I", (16383 - 1) | (10900 - 1) << 14) + bytes(9)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def jpeg_with_many_scans() -> bytes:
    """A progressive JPEG whose last scan is repeated 2,000 times: legal, small, and slow to decode."""
    data = encoded(shirt(400, 400), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    scan, end = data[last:-2], data[-2:]
    return data[:last] + scan * 2000 + end


def animated(picture_format: str) -> bytes:
    """Three frames."""
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("green", "blue")]
    return encoded(shirt(40, 40), picture_format, save_all=True, append_images=frames, duration=100)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_png_chunks(chunk: bytes, times: int, data: bytes) -> bytes:
    """A PNG with a chunk repeated between its header and its pixels."""
    return data[:33] + chunk * times + data[33:]


def inflating_chunk(kind: bytes) -> bytes:
    """A chunk of a kilobyte that inflates to a megabyte: a profile (iCCP) or a text (zTXt, iTXt)."""
    before = {b"iCCP": b"x\0\0", b"zTXt": b"x\0\0", b"iTXt": b"x\0\1\0\0\0"}[kind]
    return _chunk(kind, before + zlib.compress(bytes(1024 * 1024), 9))


def with_jpeg_segments(segment: bytes, times: int) -> bytes:
    """A JPEG with a segment repeated before everything else."""
    data = jpeg()
    return data[:2] + segment * times + data[2:]


def exif_segment(orientation: int, entries: int = 1) -> bytes:
    """A JPEG segment whose directory has this many entries, all of the orientation."""
    entry = struct.pack(">HHLHH", 0x0112, 3, 1, orientation, 0)
    body = b"Exif\0\0MM\0*" + struct.pack(">LH", 8, entries) + entry * entries + bytes(4)
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def filled(unit: bytes) -> int:
    """How often a unit fits in 9 MiB."""
    return 9 * 1024 * 1024 // len(unit)


def _with_resources() -> bytes:
    resources = b"Photoshop 3.0\0" + b"8BIM\4\4\0\0\0\0\0\0" * 5_000
    photoshop = b"\xff\xed" + struct.pack(">H", len(resources) + 2) + resources
    return with_jpeg_segments(photoshop, filled(photoshop))


def _with_unknown_chunks() -> bytes:
    unknown, webp = b"ABCD\0\0\0\0", encoded(shirt(), "WEBP")
    return webp[:4] + struct.pack("<I", len(webp) + 9 * 1024 * 1024) + webp[8:] + unknown * filled(unknown)


def _png_full_of(chunk: bytes) -> bytes:
    return with_png_chunks(chunk, filled(chunk), encoded(shirt(), "PNG"))


def _jpeg_full_of(segment: bytes) -> bytes:
    return with_jpeg_segments(segment, filled(segment))


def _jpeg_that_goes_on_with(unit: bytes) -> bytes:
    return jpeg()[:-2] + unit * filled(unit)


# Nine megabytes each, of which a header's reader could make seconds of work. Drawn where they are needed: all of them
# take a while.
HOSTILE_HEADERS: dict[str, Callable[[], bytes]] = {
    "iCCP": lambda: _png_full_of(inflating_chunk(b"iCCP")),
    "zTXt": lambda: _png_full_of(inflating_chunk(b"zTXt")),
    "iTXt": lambda: _png_full_of(inflating_chunk(b"iTXt")),
    "empty texts": lambda: _png_full_of(_chunk(b"tEXt", b"")),
    "empty pixels": lambda: _png_full_of(_chunk(b"IDAT", b"")),
    "empty APP0": lambda: _jpeg_full_of(b"\xff\xe0\0\2"),
    "EXIF": lambda: _jpeg_full_of(exif_segment(6, 5_000)),
    "Photoshop": _with_resources,
    "stuffing": lambda: _jpeg_that_goes_on_with(b"\xff\0"),
    "fill bytes": lambda: _jpeg_that_goes_on_with(b"\xff"),
    "restarts": lambda: _jpeg_that_goes_on_with(b"\xff\xd0"),
    "WebP chunks": _with_unknown_chunks,
}

"""Orientation, wherever a format keeps it."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from pictures import png
from pictures.decoding import decode
from pictures.header import inspect
from tests.pictures.picture_files import encoded, shirt

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def exif_of(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def stored(orientation: int) -> Image.Image:
    """The shirt as a camera stores it that wants it turned."""
    return shirt() if orientation == 1 else shirt().transpose(TURNS[orientation])


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(png: bytes, added: bytes, *, before_pixels: bool) -> bytes:
    at = png.index(b"IDAT" if before_pixels else b"IEND") - 4
    return png[:at] + added + png[at:]


def raw_profile(exif: bytes, *, compressed: bool) -> bytes:
    """EXIF as ImageMagick writes it into a PNG: hexadecimal text."""
    digits = exif.hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    text = b"\nexif\n%8d\n" % len(exif) + lines + b"\n"
    if compressed:
        return chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(text))
    return chunk(b"tEXt", b"Raw profile type exif\0" + text)


def check(data: bytes, *, tolerance: int = 0) -> None:
    header = inspect(data)
    assert (header.width, header.height) == (60, 80)
    pixels = decode(data, box=None, target=224).pixels.astype(int)
    assert np.abs(pixels - np.asarray(shirt(), int)).max() <= tolerance


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("before_pixels", [True, False])
@pytest.mark.parametrize("place", ["eXIf", "tEXt", "zTXt"])
def test_png_keeps_it_in_a_chunk_or_in_text_before_or_after_the_pixels(
    place: str, before_pixels: bool, orientation: int
) -> None:
    exif = exif_of(orientation)
    added = (
        chunk(b"eXIf", exif.removeprefix(b"Exif\0\0"))
        if place == "eXIf"
        else raw_profile(exif, compressed=place == "zTXt")
    )
    check(with_chunk(encoded(stored(orientation), "PNG"), added, before_pixels=before_pixels))


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_webp_and_avif_keep_it_as_pillow_writes_it(kind: str, orientation: int) -> None:
    options = {"lossless": True} if kind == "WEBP" else {"quality": 100, "subsampling": "4:4:4"}
    data = encoded(stored(orientation), kind, exif=exif_of(orientation), **options)
    check(data, tolerance=0 if kind == "WEBP" else 12)


@pytest.mark.parametrize("orientation", TURNS)
def test_a_heic_is_upright(orientation: int) -> None:
    data = encoded(stored(orientation), "HEIF", exif=exif_of(orientation), quality=100)
    upright = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    header = inspect(data)
    assert (header.width, header.height) == upright.shape[1::-1]
    np.testing.assert_array_equal(decode(data, box=None, target=224).pixels, upright)


@pytest.mark.parametrize(
    "text",
    [b"", b"\nexif\n", b"\nexif\n 4\nzz", b"\nexif\n 4\n4d4d002", b"\nexif\n 4\n" + b"41" * 600_000, b"\xff" * 100],
)
@pytest.mark.parametrize("compressed", [True, False])
def test_text_that_is_no_exif_says_nothing(text: bytes, compressed: bool) -> None:
    body = b"\0" + zlib.compress(text) if compressed else text
    kind = b"zTXt" if compressed else b"tEXt"
    data = with_chunk(encoded(shirt(), "PNG"), chunk(kind, b"Raw profile type exif\0" + body), before_pixels=False)
    assert inspect(data).orientation == 1


def packet(words: str, *, before: str = "") -> bytes:
    """An XMP packet as editors write it."""
    return (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'{before}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
        f'xmlns:tiff="http://ns.adobe.com/tiff/1.0/"{words}</rdf:Description></rdf:RDF></x:xmpmeta>'
    ).encode()


def xmp_text(xmp: bytes, *, compressed: bool = False, times: int = 1) -> bytes:
    head = b"XML:com.adobe.xmp\0" + (b"\1\0" if compressed else b"\0\0") + b"en\0keyword\0"
    return chunk(b"iTXt", head + (zlib.compress(xmp) if compressed else xmp)) * times


def with_xmp(kind: str, image: Image.Image, xmp: bytes, **options: object) -> bytes:
    if kind == "PNG":
        return with_chunk(encoded(image, "PNG", **options), xmp_text(xmp), before_pixels=False)
    lossless = {"lossless": True} if kind == "WEBP" else {"quality": 100, "subsampling": 0}
    return encoded(image, kind, xmp=xmp, **lossless, **options)


@pytest.mark.parametrize("orientation", TURNS)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_xmp_says_it_where_exif_does_not(kind: str, orientation: int) -> None:
    words = f' tiff:Orientation = "{orientation}">', f"><tiff:Orientation>{orientation}</tiff:Orientation>"
    check(with_xmp(kind, stored(orientation), packet(words[orientation % 2])), tolerance=12 if kind == "JPEG" else 0)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "PNG"])
def test_exif_counts_before_xmp(kind: str) -> None:
    xmp = packet(' tiff:Orientation="6">')
    assert inspect(with_xmp(kind, shirt(), xmp, exif=exif_of(1))).orientation == 1
    assert inspect(with_xmp(kind, shirt(), xmp, exif=exif_of(3))).orientation == 3
    assert inspect(with_xmp(kind, shirt(), xmp, exif=Image.Exif().tobytes())).orientation == 6


def test_compressed_xmp_is_read_as_far_as_needed() -> None:
    xmp = packet(' tiff:Orientation="8">') + b" " * 5_000_000
    data = with_chunk(encoded(stored(8), "PNG"), xmp_text(xmp, compressed=True), before_pixels=True)
    check(data)


@pytest.mark.parametrize(
    "xmp",
    [
        b"",
        b"\xff" * 100,
        packet(' tiff:Orientation="0">'),
        packet(' tiff:Orientation="9">'),
        packet(' tiff:Orientation="66">'),
        packet(' exif:Orientation="6">'),
        packet(' tiff:Orientation="&six;">', before='<!DOCTYPE x [<!ENTITY six "6">]>'),
        packet(' tiff:Orientation="6">', before=" " * 300_000),
        b"tiff:Orientation" * 600_000,
        b"tiff:Orientation=" + b" " * 9_000_000,
    ],
    ids=["none", "bytes", "0", "9", "66", "other", "entity", "far", "names", "spaces"],
)
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_xmp_without_an_orientation_says_nothing(kind: str, xmp: bytes) -> None:
    assert inspect(with_xmp(kind, shirt(), xmp)).orientation == 1


def test_one_text_is_inflated_however_many_are_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    inflated: list[int] = []
    plain = png._inflated

    def noted(data: bytes, most: int, *, cut: bool = False) -> bytes:
        inflated.append(len(data))
        return plain(data, most, cut=cut)

    monkeypatch.setattr(png, "_inflated", noted)
    damaged = zlib.compress(bytes(100_000))[:-4] + b"\0\0\0\0"
    texts = chunk(b"zTXt", b"Raw profile type exif\0\0" + damaged) * 400
    xmp = chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + damaged) * 400
    assert inspect(with_chunk(encoded(shirt(), "PNG"), texts + xmp, before_pixels=True)).orientation == 1
    assert len(inflated) == 2

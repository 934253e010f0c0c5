from collections.abc import Callable

import pytest
from PIL import Image

from contracts.errors import PictureRejected
from pictures.formats import FORMATS, PictureFormat
from pictures.header import MAX_PICTURE_BYTES, inspect
from tests.pictures.picture_files import (
    animated,
    encoded,
    jpeg,
    jpeg_with_many_scans,
    jpeg_with_orientation,
    multi_picture_jpeg,
    png_of_one_colour,
    shirt,
    webp_bomb,
)


@pytest.mark.parametrize("picture_format", FORMATS, ids=lambda known: known.name)
def test_formats_are_told_by_their_bytes(picture_format: PictureFormat) -> None:
    header = inspect(encoded(shirt(), picture_format.name))
    assert (header.format, header.width, header.height, header.orientation) == (picture_format, 60, 80, 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_size_is_that_of_the_upright_picture(orientation: int) -> None:
    header = inspect(jpeg_with_orientation(orientation))
    assert (header.width, header.height, header.orientation) == (60, 80, orientation)


def test_a_multi_picture_jpeg_is_a_jpeg() -> None:
    header = inspect(multi_picture_jpeg())
    assert (header.format.name, header.width, header.height) == ("JPEG", 60, 80)


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "image_unreadable"),
    "text": (lambda: b"hello, I am a text file called shirt.jpg", "unsupported_media_type"),
    "SVG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported_media_type"),
    "GIF": (lambda: encoded(shirt(), "GIF"), "unsupported_media_type"),
    "TIFF": (lambda: encoded(shirt(), "TIFF"), "unsupported_media_type"),
    "BMP": (lambda: encoded(shirt(), "BMP"), "unsupported_media_type"),
    "animated GIF": (lambda: animated("GIF"), "unsupported_media_type"),
    "animated WebP": (lambda: animated("WEBP"), "image_unreadable"),
    "animated PNG": (lambda: animated("PNG"), "image_unreadable"),
    "JPEG cut short": (lambda: jpeg()[:30], "image_unreadable"),
    "JPEG of three bytes": (lambda: b"\xff\xd8\xff", "image_unreadable"),
    "PNG cut short": (lambda: encoded(shirt(), "PNG")[:20], "image_unreadable"),
    "WebP cut short": (lambda: encoded(shirt(), "WEBP")[:20], "image_unreadable"),
    "one pixel": (lambda: encoded(Image.new("RGB", (1, 1)), "PNG"), "image_too_small"),
    "seven pixels wide": (lambda: encoded(Image.new("RGB", (7, 500)), "JPEG"), "image_too_small"),
    "PNG of one bit": (lambda: png_of_one_colour(20_000, 20_000, bit_depth=1, colour_type=0), "image_too_large"),
    "20,001 pixels wide": (lambda: png_of_one_colour(20_001, 8), "image_too_large"),
    "PNG of 64 bits": (lambda: png_of_one_colour(6000, 6000, bit_depth=16, colour_type=6), "image_too_large"),
    "WebP bomb": (webp_bomb, "image_too_large"),
    "too many bytes": (lambda: jpeg() + bytes(MAX_PICTURE_BYTES), "image_too_large"),
    "many scans": (jpeg_with_many_scans, "image_unreadable"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused_and_why(kind: str) -> None:
    draw, code = REFUSED[kind]
    with pytest.raises(PictureRejected) as rejection:
        inspect(draw())
    assert rejection.value.code == code
    assert len(rejection.value.detail) > 20


def test_the_largest_that_is_accepted() -> None:
    assert inspect(png_of_one_colour(20_000, 2_000)).width == 20_000
    assert inspect(png_of_one_colour(8, 8)).height == 8


@pytest.mark.parametrize("exif", [b"MM\0*\0\0\0\x08\0\x05garbage", b"MM\0*\0", b"II*\0", b"MM", b""])
@pytest.mark.parametrize("picture_format", ["JPEG", "PNG", "WEBP"])
def test_broken_exif_is_ignored(picture_format: str, exif: bytes) -> None:
    data = encoded(shirt(), picture_format, exif=b"Exif\0\0" + exif)
    assert inspect(data).orientation == 1


def test_progressive_jpegs_pass() -> None:
    assert inspect(jpeg(progressive=True)).format.name == "JPEG"

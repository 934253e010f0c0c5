"""What is refused is named, in words."""

import re

import pytest
from PIL import Image

from contracts.errors import PictureRejected
from pictures.header import inspect
from tests.pictures.picture_files import encoded, jpeg, shirt


def refused(data: bytes) -> PictureRejected:
    with pytest.raises(PictureRejected) as rejection:
        inspect(data)
    return rejection.value


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (encoded(shirt(), "GIF"), "a GIF"),
        (encoded(shirt(), "BMP"), "a BMP picture"),
        (encoded(shirt(), "TIFF"), "a TIFF picture"),
        (encoded(shirt(), "JPEG2000"), "a JPEG 2000 picture"),
        (encoded(Image.new("RGB", (16, 16)), "ICO"), "an icon"),
        (encoded(shirt(), "PDF"), "a PDF"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "a video"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b'{"image": 1}', "JSON"),
        (b"data:image/png;base64,iVBORw0KGgo=", "data URL"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_known_format_is_named(data: bytes, words: str) -> None:
    rejection = refused(data)
    assert rejection.code == "unsupported_media_type"
    assert words in rejection.detail
    assert "b'" not in rejection.detail


def test_an_unknown_one_is_not_shown_as_bytes() -> None:
    detail = refused(b"\x81\x82\x83 anything").detail
    assert detail.startswith("the file is not a picture that can be read; send JPEG, PNG")
    assert "\\x" not in detail


@pytest.mark.parametrize(
    ("marker", "precision", "words"),
    [(0xC1, 12, "12 bits a colour"), (0xC0, 16, "16 bits a colour"), (0xC3, 8, "lossless JPEG")],
)
def test_an_unusual_jpeg_is_named(marker: int, precision: int, words: str) -> None:
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 1], data[at + 4] = marker, precision
    rejection = refused(bytes(data))
    assert rejection.code == "image_unreadable"
    assert words in rejection.detail


def said_of(data: bytes) -> str:
    try:
        inspect(data)
    except PictureRejected as rejection:
        return rejection.detail
    return ""


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_no_python_object_is_shown(kind: str) -> None:
    whole = encoded(shirt(), kind)
    details = [said_of(whole[:end]) for end in range(12, len(whole), 7)]
    assert any(details)
    assert not re.search(r"<|0x|b'", " ".join(details))

"""Names the formats that are often sent and not read, so that a refusal can say which it was."""

from dataclasses import dataclass
from typing import Final

from pictures.isobmff import brands_of

_ISO_MEDIA: Final = ((frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis"}), "a HEIC photo"),)
_SIGNATURES: Final = (
    (0, b"GIF8", "a GIF"),
    (0, b"BM", "a BMP picture"),
    (0, b"II*\0", "a TIFF picture or a camera's raw photo"),
    (0, b"MM\0*", "a TIFF picture or a camera's raw photo"),
    (0, b"%PDF", "a PDF document"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"\0\0\x01\0", "an icon file"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (4, b"JXL \r\n\x87\n", "a JPEG XL picture"),
    (4, b"jP  \r\n\x87\n", "a JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 picture"),
    (4, b"ftyp", "a video"),
    (0, b"\x1aE\xdf\xa3", "a video"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"<?xml", "an XML or SVG file"),
    (0, b"<svg", "an SVG drawing"),
    (0, b"<!DOCTYPE", "a web page"),
    (0, b"<!doctype", "a web page"),
    (0, b"<html", "a web page"),
    (0, b"{", "JSON text"),
    (0, b"data:", "a data URL as text; send the bytes that it encodes"),
    (0, b"http", "a web address as text; send the picture's bytes"),
)


@dataclass(frozen=True, slots=True)
class RefusedFormat:
    """A format that is known and not read.

    Attributes:
        words: what the file is, with its article.
        advice: how the sender can make a picture of it that is read, or empty.
    """

    words: str
    advice: str = ""


def refused_format(data: bytes) -> RefusedFormat | None:
    """What a file is that is none of the supported formats, or None if that is not known either."""
    brands = brands_of(data)
    for known, words in _ISO_MEDIA:
        if brands & known:
            return RefusedFormat(
                words, "save it as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible) and send that"
            )
    for start, signature, words in _SIGNATURES:
        if data[start : start + len(signature)] == signature:
            return RefusedFormat(words)
    return None

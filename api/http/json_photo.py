"""A photo in a JSON body, as base64 or by its address."""

import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from api.http.json_body import parse_json
from api.http.names import UnknownName
from api.http.problems import ServiceProblem
from api.http.uploads import BOX, DETECT, PhotoUpload, checked_photo, read_detect, too_many_bytes
from contracts.box import Box
from contracts.errors import PictureRejected

PICTURE_TEXT: Final = "image_base64"
PICTURE_ADDRESS: Final = "image_url"
# Four fields, a box as a list, and some commas in text that is refused anyway.
_MAX_MARKS: Final = 100
# Decoding does not let other threads run, so it goes on by pieces: a multiple of four characters.
_DECODED_AT_ONCE: Final = 256 * 1024
MOST_ADDRESS_BYTES: Final = 64 * 1024
"""Of a body that names an address."""


@dataclass(frozen=True, slots=True)
class PhotoAddress:
    """A photo that is to be fetched.

    Attributes:
        url: where from; not checked.
        box, detect: see `PhotoUpload`.
    """

    url: str
    box: Box | None
    detect: bool


def read_photo_address(body: bytearray) -> PhotoAddress | None:
    """The address in a JSON body sent to `POST /similar`, or None: it holds the photo itself, or is too large.

    Raises:
        UnknownName: there is a field besides `image_base64`, `image_url`, `box` and `detect`.
        ServiceProblem: `invalid_parameter`: this is no JSON object with a picture.
        PictureRejected: the box is not acceptable.
    """
    if len(body) > MOST_ADDRESS_BYTES:
        return None
    fields = _fields(body)
    if PICTURE_ADDRESS not in fields:
        return None
    url = fields[PICTURE_ADDRESS]
    if not isinstance(url, str):
        raise ServiceProblem("invalid_parameter", "'image_url' must be a string")
    return PhotoAddress(url, *_choices(fields))


def read_json_photo(body: bytearray, *, max_upload_bytes: int) -> PhotoUpload:
    """The photo in a JSON body sent to `POST /similar`. A field that is null counts as left out.

    Args:
        body: the whole body; it is empty afterwards, because the photo may have to wait for a worker.
        max_upload_bytes: most bytes of a picture.

    Raises:
        UnknownName: there is a field besides `image_base64`, `image_url`, `box` and `detect`.
        ServiceProblem: `invalid_parameter`: this is no JSON object with a picture.
        PictureRejected: the picture or the box is not acceptable.
    """
    fields = _fields(body)
    body.clear()
    if PICTURE_ADDRESS in fields:
        raise ServiceProblem(
            "invalid_parameter", f"with 'image_url' the body may have {MOST_ADDRESS_BYTES:,} bytes; shorten it"
        )
    box, detect = _choices(fields)
    picture = decoded_picture(fields.pop(PICTURE_TEXT), max_upload_bytes)
    return checked_photo(picture, box, detect=detect, max_upload_bytes=max_upload_bytes)


def _fields(body: bytearray) -> dict[str, object]:
    sent = parse_json(body, max_marks=_MAX_MARKS)
    if not isinstance(sent, dict):
        raise ServiceProblem("invalid_parameter", 'the body must be a JSON object, {"image_base64": "..."}')
    fields = {name: value for name, value in sent.items() if value is not None}
    for name in sent:
        if name not in {PICTURE_TEXT, PICTURE_ADDRESS, BOX, DETECT}:
            raise UnknownName(name, "JSON body")
    if PICTURE_ADDRESS in fields and PICTURE_TEXT in fields:
        raise ServiceProblem("invalid_parameter", "'image_base64' and 'image_url' are both given; send one of them")
    if PICTURE_ADDRESS not in fields and PICTURE_TEXT not in fields:
        raise ServiceProblem(
            "invalid_parameter", "'image_base64' is missing; send the picture's bytes as base64, in one line"
        )
    return fields


def _choices(fields: Mapping[str, object]) -> tuple[Box | None, bool]:
    return _box(fields[BOX]) if BOX in fields else None, read_detect(fields.get(DETECT, True))


def decoded_picture(text: object, max_upload_bytes: int) -> bytes:
    """The bytes of `image_base64`.

    Raises:
        ServiceProblem: `invalid_parameter`: it is not base64.
        PictureRejected: it has too many bytes.
    """
    if not isinstance(text, str):
        raise ServiceProblem("invalid_parameter", "'image_base64' must be a string")
    # Known before anything is decoded; padding makes it up to two bytes too many.
    size = len(text) // 4 * 3 - text.count("=", -2)
    if size > max_upload_bytes:
        raise too_many_bytes(size, max_upload_bytes)
    pieces = range(0, len(text), _DECODED_AT_ONCE)
    try:
        if text.find("=", 0, -2) >= 0:
            raise ValueError("padding before the end")
        return b"".join(binascii.a2b_base64(text[at : at + _DECODED_AT_ONCE], strict_mode=True) for at in pieces)
    except ValueError:
        # Its message names no character, and the text may be anything.
        raise ServiceProblem("invalid_parameter", f"'image_base64' is not base64; {_advice(text)}") from None


def _advice(text: str) -> str:
    if text.startswith("data:"):
        return "this is a data URL: send only what follows its comma"
    if any(space in text for space in "\n\r\t "):
        return "send it without spaces and line breaks; `base64 -w0 photo.jpg` writes one line"
    if "-" in text or "_" in text:
        return "send the standard alphabet with + and /, not the one for URLs with - and _"
    return "send letters, digits, + and /, padded with = to a multiple of four characters"


def _box(value: object) -> Box:
    if isinstance(value, str):
        return Box.parse(value)
    if isinstance(value, list) and len(value) == 4 and all(type(number) in {int, float} for number in value):
        return Box(*map(float, value))
    raise PictureRejected(
        "invalid_box", "box must be four numbers, such as [0.1, 0.2, 0.9, 0.8], or a text, 0.1,0.2,0.9,0.8"
    )

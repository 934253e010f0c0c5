"""JSON bodies with a photo."""

import base64
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import orjson

from api.http.json_photo import read_json_photo
from api.http.names import UnknownName
from api.http.problems import ServiceProblem
from contracts.errors import PictureRejected
from tools.fuzz.target import Check, Target
from tools.fuzz.targets.pictures import drawn

_MOST_BYTES = 10 * 1024 * 1024


@contextmanager
def _opened() -> Iterator[Check]:
    yield _check


def _check(data: bytes) -> None:
    try:
        read_json_photo(bytearray(data), max_upload_bytes=_MOST_BYTES)
    except (ServiceProblem, UnknownName, PictureRejected) as problem:
        orjson.dumps(str(problem))


def _seeds() -> Sequence[bytes]:
    text = base64.b64encode(drawn("PNG"))
    return [
        b'{"image_base64": "' + text + b'", "box": [0.1, 0.2, 0.9, 0.8], "detect": false}',
        b'{"box": "0.1,0.2,0.9,0.8", "image_base64": "' + text.replace(b"/", b"\\/").replace(b"+", b"\\u002b") + b'"}',
        b'{"image_url": "https://shop.example/a.jpg", "image_base64": null}',
        b'{"box": null, "image_base64": "data:image/png;base64,' + text + b'"}',
    ]


JSON_PHOTOS = Target("json_photos", _opened, _seeds)

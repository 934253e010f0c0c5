"""Bodies of uploads; the first line of an input is the request's Content-Type."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import orjson

from api.http.multipart import parse_multipart
from api.http.names import UnknownName
from api.http.problems import ServiceProblem
from api.http.uploads import read_photo
from contracts.errors import PictureRejected
from tools.fuzz.target import Check, Target
from tools.fuzz.targets.pictures import drawn

_MOST_BYTES = 10 * 1024 * 1024


@contextmanager
def _opened() -> Iterator[Check]:
    # It logs each malformed body, and most are.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)
    yield _check


def _check(data: bytes) -> None:
    content_type, _, body = data.partition(b"\n")
    try:
        parts = parse_multipart(content_type.decode("latin-1"), bytearray(body), max_pictures=2)
        read_photo(parts, max_upload_bytes=_MOST_BYTES)
    except (ServiceProblem, UnknownName, PictureRejected) as problem:
        orjson.dumps(str(problem))


def _seeds() -> Sequence[bytes]:
    picture = drawn("PNG")
    image = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n' + picture + b"\r\n"
    detect = b'--b\r\nContent-Disposition: form-data; name="detect"\r\n\r\ntrue\r\n'
    box = b'--b\r\nContent-Disposition: form-data; name="box"\r\n\r\n0.1,0.2,0.9,0.8\r\n'
    encoded = image.replace(b'filename="a.png"', b"filename*=UTF-8''%e2%82%ac.png")
    nameless = image.replace(b'; filename="a.png"', b"")
    kind = b"multipart/form-data; boundary=b\n"
    return [
        kind + image + box + detect + b"--b--\r\n",
        kind + box + image + b"--b--\r\n",
        kind + encoded + b"--b--\r\n",
        kind + nameless + b"--b--\r\n",
        kind + box * 16 + b"--b--\r\n",
        b'multipart/form-data; boundary="b"; charset=utf-8\n' + image + b"--b--\r\n",
    ]


MULTIPART = Target("multipart", _opened, _seeds)

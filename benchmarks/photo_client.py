"""A client that posts photos over one persistent connection and measures latencies."""

import http.client
import json
import secrets
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from contracts.errors import LaunchError

_BOUNDARY = "lookalike-benchmark"


def own_bytes(photo: bytes) -> bytes:
    """The same picture in other bytes, which the API has not seen yet: it remembers photos for some minutes."""
    # After the end of a picture, decoders of all formats ignore what follows.
    return photo + secrets.token_bytes(8)


def post_latencies_ms(address: str, photos: Sequence[bytes], *, as_they_are: bool = False) -> list[float]:
    """Time from sending each photo to its parsed answer, milliseconds.

    Args:
        address: of the API.
        photos: files.
        as_they_are: send these very bytes, so that photos which were sent before may be remembered.

    Raises:
        LaunchError: an answer was not 200.
    """
    target = urlsplit(address)
    connection = http.client.HTTPConnection(target.hostname or "127.0.0.1", target.port, timeout=30)
    latencies = []
    for photo in photos:
        body = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="photo.jpg"\r\n\r\n'.encode()
            + (photo if as_they_are else own_bytes(photo))
            + f"\r\n--{_BOUNDARY}--\r\n".encode()
        )
        started = time.perf_counter()
        connection.request("POST", "/similar", body, {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise LaunchError(f"POST /similar answered {answer.status}: {content[:300]!r}")
        json.loads(content)
        latencies.append((time.perf_counter() - started) * 1000)
    connection.close()
    return latencies

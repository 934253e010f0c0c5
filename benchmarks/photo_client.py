"""Clients that post photos over persistent connections and measure latencies."""

import asyncio
import http.client
import json
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from contracts.errors import LaunchError

_BOUNDARY = "lookalike-benchmark"
_TYPE = f"multipart/form-data; boundary={_BOUNDARY}"


@dataclass(frozen=True, slots=True)
class Load:
    """What many clients at once saw.

    Attributes:
        per_s: photos answered per second.
        latencies_ms: of each photo, milliseconds, in no particular order.
    """

    per_s: float
    latencies_ms: list[float]


def own_bytes(photo: bytes) -> bytes:
    """The same picture in other bytes, which the API has not seen yet: it remembers photos for some minutes."""
    # After the end of a picture, decoders of all formats ignore what follows.
    return photo + secrets.token_bytes(8)


def post_latencies_ms(address: str, photos: Sequence[bytes], *, as_they_are: bool = False) -> list[float]:
    """Time from sending each photo to its parsed answer, milliseconds; one client, one photo after the other.

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
        body = _form(photo if as_they_are else own_bytes(photo))
        started = time.perf_counter()
        connection.request("POST", "/similar", body, {"Content-Type": _TYPE})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise LaunchError(f"POST /similar answered {answer.status}: {content[:300]!r}")
        json.loads(content)
        latencies.append((time.perf_counter() - started) * 1000)
    connection.close()
    return latencies


def post_from_many(address: str, photos: Sequence[bytes], *, clients: int) -> Load:
    """Post each photo once, from so many clients at once, each of which waits for an answer before its next photo.

    Raises:
        LaunchError: an answer was not 200.
    """
    target = urlsplit(address)
    host, port = target.hostname or "127.0.0.1", target.port or 80
    requests = iter([_request(host, _form(own_bytes(photo))) for photo in photos])

    async def all_clients() -> Load:
        started = time.perf_counter()
        answered = await asyncio.gather(*(_client(host, port, requests) for _ in range(clients)))
        took_s = time.perf_counter() - started
        return Load(len(photos) / took_s, [latency for one in answered for latency in one])

    return asyncio.run(all_clients())


async def _client(host: str, port: int, requests: Iterator[bytes]) -> list[float]:
    reader, writer = await asyncio.open_connection(host, port)
    latencies = []
    for request in requests:
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status, *fields = head.decode("latin-1").lower().split("\r\n")
        length = next(int(field.split(":")[1]) for field in fields if field.startswith("content-length:"))
        content = await reader.readexactly(length)
        if " 200 " not in status:
            raise LaunchError(f"POST /similar answered {status}: {content[:300]!r}")
        latencies.append((time.perf_counter() - started) * 1000)
    writer.close()
    return latencies


def _form(photo: bytes) -> bytes:
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="photo.jpg"\r\n\r\n'
    return head.encode() + photo + f"\r\n--{_BOUNDARY}--\r\n".encode()


def _request(host: str, body: bytes) -> bytes:
    head = f"POST /similar HTTP/1.1\r\nHost: {host}\r\nContent-Type: {_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body

"""Clients that post photos, each the next one as soon as it has its answer."""

import http.client
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

_BOUNDARY: Final = "lookalike-benchmark"
_TIMEOUT_S: Final = 30.0


@dataclass(slots=True)
class Load:
    """What some clients saw.

    Attributes:
        latencies_ms: of answers with status 200, from sending a photo to the parsed answer.
        errors: number of other answers, and of photos without one.
        error: the first of them, for people.
        seconds: from the first photo to the last answer.
    """

    latencies_ms: list[float] = field(default_factory=list)
    errors: int = 0
    error: str = ""
    seconds: float = 0.0

    @property
    def per_s(self) -> float:
        """Photos answered a second."""
        return len(self.latencies_ms) / self.seconds


def post_from_clients(address: str, photos: Sequence[bytes], *, clients: int, seconds: float) -> Load:
    """Post photos over one persistent connection for each client until the time is over."""
    bodies = [_body(photo) for photo in photos]
    load, lock = Load(), threading.Lock()
    started = time.perf_counter()

    def run(number: int) -> None:
        connection, at = _connection(address), number * len(bodies) // clients
        while time.perf_counter() - started < seconds:
            sent = time.perf_counter()
            try:
                status, content = _post(connection, bodies[at % len(bodies)])
                problem = "" if status == 200 else f"{status}: {content[:200]!r}"
            except (OSError, http.client.HTTPException, ValueError) as error:
                connection.close()
                connection, problem = _connection(address), repr(error)
            took = (time.perf_counter() - sent) * 1000
            at += 1
            with lock:
                if problem:
                    load.errors += 1
                    load.error = load.error or problem
                else:
                    load.latencies_ms.append(took)
        connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    load.seconds = time.perf_counter() - started
    return load


def found_ids(address: str, photo: bytes) -> list[str]:
    """Ids of the items that a server finds for a photo; none if it refuses."""
    connection = _connection(address)
    try:
        status, content = _post(connection, _body(photo))
        return [item["id"] for item in json.loads(content)["items"]] if status == 200 else []
    finally:
        connection.close()


def _connection(address: str) -> http.client.HTTPConnection:
    target = urlsplit(address)
    return http.client.HTTPConnection(target.hostname or "127.0.0.1", target.port, timeout=_TIMEOUT_S)


def _body(photo: bytes) -> bytes:
    """A form that asks for no garments: the peers find none, so we must not either. They pass over that field."""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="photo.jpg"\r\n\r\n'
    detect = f'\r\n--{_BOUNDARY}\r\nContent-Disposition: form-data; name="detect"\r\n\r\nfalse'
    return head.encode() + photo + f"{detect}\r\n--{_BOUNDARY}--\r\n".encode()


def _post(connection: http.client.HTTPConnection, body: bytes) -> tuple[int, bytes]:
    connection.request("POST", "/similar", body, {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"})
    answer = connection.getresponse()
    content = answer.read()
    json.loads(content)
    return answer.status, content

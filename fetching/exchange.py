"""One request and its answer over a connection, by h11, which reads only what it is given."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import h11

from contracts.errors import UnreachableError
from fetching.deadline import NO_ANSWER, Deadline
from fetching.rules import Target
from fetching.validators import Validators

# Of the status line and all headers together.
_MOST_HEADER_BYTES = 32 * 1024
_READ_BYTES = 64 * 1024
# Interim answers before the real one.
_MOST_INTERIM = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an answer.

    Attributes:
        status: such as 200.
        headers: name in lower case -> value; of several of one name the first.
    """

    status: int
    headers: dict[str, str]


class Exchange:
    """Sends one GET and reads what comes."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._socket = connection
        self._deadline = deadline
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_MOST_HEADER_BYTES)

    def ask(self, target: Target, known: Validators | None) -> Answer:
        """Send the request and read the answer's head.

        Raises:
            UnreachableError: there is none in time, or it is not HTTP.
        """
        headers = [
            ("Host", target.authority),
            ("User-Agent", "lookalike"),
            ("Accept", "*/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ]
        if known is not None and known.etag is not None:
            headers.append(("If-None-Match", known.etag))
        elif known is not None and known.last_modified is not None:
            headers.append(("If-Modified-Since", known.last_modified))
        try:
            request = self._http.send(h11.Request(method="GET", target=target.path, headers=headers))
            self._send((request or b"") + (self._http.send(h11.EndOfMessage()) or b""))
            for _ in range(_MOST_INTERIM):
                event = self._next()
                if isinstance(event, h11.Response):
                    return Answer(event.status_code, _texts(event.headers))
                if not isinstance(event, h11.InformationalResponse):
                    break
        except (h11.ProtocolError, OSError):
            raise UnreachableError(NO_ANSWER) from None
        raise UnreachableError(NO_ANSWER)

    def body(self, most_bytes: int) -> Iterator[bytes]:
        """The answer's body by pieces.

        Raises:
            UnreachableError: it ends too early, takes too long, or is larger; no more than `most_bytes` is yielded.
        """
        read = 0
        try:
            while True:
                event = self._next()
                if isinstance(event, h11.EndOfMessage):
                    return
                if not isinstance(event, h11.Data):
                    raise UnreachableError(NO_ANSWER)
                read += len(event.data)
                if read > most_bytes:
                    raise UnreachableError(f"the address sends over {most_bytes:,} bytes; at most that many are read")
                yield bytes(event.data)
        except (h11.ProtocolError, OSError):
            raise UnreachableError(
                "the address sent only a part of its answer, or a damaged one; check it and try again"
            ) from None

    def _next(self) -> object:
        while True:
            event = self._http.next_event()
            if event is not h11.NEED_DATA:
                return event
            self._http.receive_data(self._received())

    def _received(self) -> bytes:
        while True:
            self._socket.settimeout(self._deadline.wait_s())
            try:
                return self._socket.recv(_READ_BYTES)
            except (TimeoutError, ssl.SSLWantReadError):
                continue

    def _send(self, data: bytes) -> None:
        self._socket.settimeout(self._deadline.left_s())
        self._socket.sendall(data)


def _texts(headers: object) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:  # type: ignore[attr-defined]
        found.setdefault(name.decode("ascii"), value.decode("latin-1"))
    return found

"""ASGI middleware that packs texts for clients that accept it."""

from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.accepted_codings import Coding, accepted_codings
from api.http.conditional import known_as, named_tags
from api.http.entity_tag import tag_in
from api.http.packing import Packing
from api.http.text_coding import coded

_VARY: Final = "Accept-Encoding"
_TEXTS: Final = ("text/", "application/json", "application/problem+json", "application/manifest+json", "image/svg+xml")

_Headers = list[tuple[bytes, bytes]]


class Compression:
    """Packs texts of at least 1 KiB with zstd or gzip, whichever the client likes better.

    - Long texts are packed in a thread.
    - The answer to a GET has another ETag in each coding; a 304 has the one that the client named. Tags of other
      answers name the version of an item, and stay.
    - What is packed already stays as it is, and so does what is sent piece by piece.

    An answer holds no secret beside what its client sent, so its length betrays none (the attack known as BREACH).

    Args:
        app: answers the requests.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._packing = Packing()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Reply(scope, send, self._packing).take)


class _Reply:
    """One answer on its way out."""

    def __init__(self, scope: Scope, send: Send, packing: Packing) -> None:
        self._scope = scope
        self._send = send
        self._packing = packing
        self._start: Message | None = None

    async def take(self, message: Message) -> None:
        """Send a message, or keep it until the next one comes."""
        if message["type"] == "http.response.start":
            if message["status"] == 304:
                message["headers"] = _named_by_client(self._scope, message["headers"])
            elif _may_be_packed(message):
                # Head and body go together: only the body says whether it is packed.
                self._start = message
                return
        elif self._start is not None:
            start, self._start = self._start, None
            size = 0 if message.get("more_body", False) else len(message.get("body", b""))
            coding = accepted_codings(self._scope).for_text(size)
            if coding is not None:
                message = {**message, "body": await self._packing.run(coded, message["body"], coding)}
            start["headers"] = self._headers(start["headers"], coding, len(message.get("body", b"")))
            await self._send(start)
        await self._send(message)

    def _headers(self, headers: _Headers, coding: Coding | None, size: int) -> _Headers:
        if coding is None:
            return varied(headers, _VARY)
        changed = []
        for name, value in headers:
            if name == b"content-length":
                changed.append((name, b"%d" % size))
            elif name == b"etag" and self._scope["method"] == "GET":
                changed.append((name, tag_in(value.decode("latin-1"), coding).encode("latin-1")))
            else:
                changed.append((name, value))
        return [*varied(changed, _VARY), (b"content-encoding", coding.encode("ascii"))]


def is_text(media_type: str) -> bool:
    """Whether packing saves something: pictures and fonts are packed already."""
    return media_type.lower().startswith(_TEXTS)


def varied(headers: Iterable[tuple[bytes, bytes]], field: str) -> _Headers:
    """Header fields whose Vary names one more field of the request."""
    fields, others = [], []
    for name, value in headers:
        if name == b"vary":
            fields += [part.strip() for part in value.decode("latin-1").split(",")]
        else:
            others.append((name, value))
    if field.lower() not in (known.lower() for known in fields) and "*" not in fields:
        fields.append(field)
    return [*others, (b"vary", ", ".join(fields).encode("latin-1"))]


def _may_be_packed(start: Message) -> bool:
    media_type = b""
    for name, value in start["headers"]:
        if name == b"content-encoding":
            return False
        if name == b"content-type":
            media_type = value
    return is_text(media_type.decode("latin-1"))


def _named_by_client(scope: Scope, headers: _Headers) -> _Headers:
    """The header fields of a 304, with the tag in the form that the client has."""
    named = named_tags(scope)
    return [
        (name, (known_as(scope, named, tag := value.decode("latin-1")) or tag).encode("latin-1"))
        if name == b"etag"
        else (name, value)
        for name, value in headers
    ]

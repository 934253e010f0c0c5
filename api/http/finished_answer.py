"""A JSON answer that is the same for everyone who asks, but for the request's id and its times."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from api.http.accepted_codings import Coding
from api.http.answers import JSON_MEDIA_TYPE
from api.http.entity_tag import tag_of
from api.http.text_coding import spliced

_CONTENT_TYPE: Final = (b"content-type", JSON_MEDIA_TYPE.encode("ascii"))


@dataclass(frozen=True, slots=True)
class FinishedAnswer:
    """Everything of an answer that depends on the question and the index alone, as bytes.

    Attributes:
        members: those between `request_id` and `timing_ms`, with commas around them.
    """

    members: bytes

    @classmethod
    def of(cls, content: Mapping[str, object]) -> "FinishedAnswer":
        """An answer with some members, at least one."""
        return cls(b",%b," % orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1])

    @property
    def etag(self) -> str:
        """The strong tag of the answer, which stands for all but id and times."""
        return tag_of(self.members)

    def body(self, request_id: str, timing_ms: Mapping[str, float]) -> bytes:
        """The JSON for one request."""
        return b"%b%b%b" % (_before(request_id), self.members, _after(timing_ms))

    def coded_body(self, request_id: str, timing_ms: Mapping[str, float], piece: bytes, coding: Coding) -> bytes:
        """The JSON for one request, in a coding.

        Args:
            request_id, timing_ms: of the request.
            piece: the members, as `api.http.text_coding.packed` returns them for the coding.
            coding: of the piece.
        """
        return spliced(_before(request_id), self.members, piece, _after(timing_ms), coding)


def head_of(body: bytes, *also: tuple[bytes, bytes]) -> dict[str, Any]:
    """The ASGI message that begins the response with a JSON body, with more header fields."""
    length = (b"content-length", b"%d" % len(body))
    return {"type": "http.response.start", "status": 200, "headers": [length, _CONTENT_TYPE, *also]}


def _before(request_id: str) -> bytes:
    return b'{"request_id":%b' % orjson.dumps(request_id)


def _after(timing_ms: Mapping[str, float]) -> bytes:
    return b'"timing_ms":%b}' % orjson.dumps(timing_ms)

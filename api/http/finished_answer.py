"""A JSON answer that is the same for everyone who asks, but for the request's id and its times."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from api.http.answers import JSON_MEDIA_TYPE

_CONTENT_TYPE: Final = (b"content-type", JSON_MEDIA_TYPE.encode("ascii"))


@dataclass(frozen=True, slots=True)
class FinishedAnswer:
    """Everything of an answer that depends on the question and the index alone, as bytes.

    Attributes:
        before_timing: the members between `request_id` and `timing_ms`, with commas around them.
        after_timing: the members after `timing_ms`, each with a comma before it.
    """

    before_timing: bytes
    after_timing: bytes

    @classmethod
    def of(cls, before: Mapping[str, object], after: Mapping[str, object]) -> "FinishedAnswer":
        """An answer with some members before `timing_ms`, and some after it."""
        return cls(b",%b," % _members(before), b",%b" % _members(after) if after else b"")

    def body(self, request_id: str, timing_ms: Mapping[str, float]) -> bytes:
        """The JSON for one request."""
        return b'{"request_id":%b%b"timing_ms":%b%b}' % (
            orjson.dumps(request_id),
            self.before_timing,
            orjson.dumps(timing_ms),
            self.after_timing,
        )


def head_of(body: bytes) -> dict[str, Any]:
    """The ASGI message that begins the response with a JSON body."""
    length = (b"content-length", b"%d" % len(body))
    return {"type": "http.response.start", "status": 200, "headers": [length, _CONTENT_TYPE]}


def _members(content: Mapping[str, object]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1]

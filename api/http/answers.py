"""JSON responses."""

from collections.abc import Mapping

import orjson
from starlette.responses import Response

JSON_MEDIA_TYPE = "application/json"


def json_bytes(content: Mapping[str, object]) -> bytes:
    """JSON in UTF-8; `orjson.Fragment`s in the content are copied unchanged."""
    return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


def json_answer(
    content: Mapping[str, object], *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON response, as `json_bytes` writes it."""
    return Response(
        json_bytes(content),
        status_code=status,
        headers=headers,
        media_type=JSON_MEDIA_TYPE,
    )

"""The OpenAPI description of the routes that import feeds."""

from collections.abc import Mapping
from typing import Any, Final

_FEED: Final = {"type": "string"}
_CSV_EXAMPLE: Final = "id,image,title\nshirt-1,https://shop.example/shirt-1.jpg,Blue shirt\n"
_TYPES: Final = (
    "application/x-ndjson",
    "application/xml",
    "text/xml",
    "text/tab-separated-values",
)

IMPORT_BODY: Final[Mapping[str, Any]] = {
    "required": True,
    "content": {
        "text/csv": {"schema": _FEED, "example": _CSV_EXAMPLE},
        **{kind: {"schema": _FEED} for kind in _TYPES},
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["url"],
                "additionalProperties": False,
                "properties": {
                    "url": {
                        "type": "string",
                        "maxLength": 2048,
                        "description": "Where the feed is fetched from; only hosts that the server's operator lists.",
                    }
                },
            },
            "example": {"url": "https://shop.example/feed.xml"},
        },
    },
}

IDEMPOTENCY_KEY: Final[Mapping[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Chosen by you: the same key with the same feed is the same import, however often it is sent.",
    "schema": {"type": "string"},
}

STARTED: Final[dict[str, Any]] = {
    "description": "The import was queued.",
    "headers": {"Location": {"description": "URL path of the import.", "schema": {"type": "string"}}},
    "links": {"import": {"operationId": "import", "parameters": {"import_id": "$response.body#/import_id"}}},
}

"""The OpenAPI description of the routes that change items."""

from collections.abc import Mapping
from typing import Any, Final

from api.openapi.operations import BINARY, PICTURE_AS_TEXT
from pictures.formats import formats_in_words

_ATTRIBUTE: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string"},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "array", "items": {"type": "string", "pattern": "^[^|]*$"}},
        {"type": "null"},
    ]
}
_ATTRIBUTES: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": _ATTRIBUTE,
    "maxProperties": 256,
    "description": "Name -> value. Numbers and booleans are stored as their text, a list as its values joined by `|`. "
    "An empty value, `NA` and null count as missing.",
}
_EXAMPLE: Final = {"title": "Blue shirt", "price": 19.9}

ITEM_BODY: Final[Mapping[str, Any]] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["image"],
                "additionalProperties": False,
                "properties": {
                    "image": {**BINARY, "description": f"{formats_in_words()}, at most 10 MiB."},
                    "item": {
                        "type": "string",
                        "contentMediaType": "application/json",
                        "description": "The attributes, as a JSON object of at most 64 KiB.",
                    },
                },
            },
            "examples": {"item": {"summary": "An item", "value": {"item": '{"title": "Blue shirt"}'}}},
        },
        "application/json": {
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "image_base64": {
                        "type": "string",
                        "contentEncoding": "base64",
                        "description": f"{formats_in_words()} as base64, without line breaks.",
                    },
                    "image_url": {
                        "type": "string",
                        "description": "Where the picture is fetched from, in place of `image_base64`; only hosts that "
                        "the server's operator lists.",
                    },
                    "attributes": _ATTRIBUTES,
                },
            },
            "example": {"image_base64": PICTURE_AS_TEXT, "attributes": _EXAMPLE},
        },
    },
}

PATCH_BODY: Final[Mapping[str, Any]] = {
    "required": True,
    "content": {"application/merge-patch+json": {"schema": _ATTRIBUTES, "example": {"price": 9.9, "season": None}}},
}

CONDITIONS: Final[tuple[Mapping[str, Any], ...]] = (
    {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": 'Only if the item has this version: the ETag of an answer, such as `"3"`; `*`: only if it '
        "exists.",
        "schema": {"type": "string"},
    },
    {
        "name": "If-None-Match",
        "in": "header",
        "required": False,
        "description": "`*`: only if there is no such item.",
        "schema": {"type": "string"},
    },
)

TAG_HEADER: Final[dict[str, Any]] = {
    "headers": {"ETag": {"description": "The item's version; send it in If-Match.", "schema": {"type": "string"}}}
}

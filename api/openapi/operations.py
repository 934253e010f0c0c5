"""The OpenAPI description of a route, and the request bodies and responses that routes declare."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, Final

from starlette.responses import Response

from api.http.errors import PROBLEM_MEDIA_TYPE
from api.http.parameters import Parameter
from api.http.problems import PROBLEM_KINDS
from api.http.route import Route
from api.openapi.schemas import ItemIds
from pictures.formats import MEDIA_TYPES, formats_in_words

_PROBLEM: Final = {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_RETRY_AFTER: Final = {
    "Retry-After": {"description": "Seconds to wait before trying again.", "schema": {"type": "integer"}}
}
# OpenAPI 3.1 asks for the second; generators of clients look for the first.
BINARY: Final = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}

_PATH_PARAMETERS: Final[Mapping[str, str]] = {
    "id": "Id of an item. It may contain slashes, as they are or as %2F.",
    "import_id": "Id returned by `POST /imports`.",
    "job_id": "Id returned by `POST /embeddings`, or by `POST /similar` with `Prefer: respond-async`.",
}


# A blue square of 16 pixels a side.
PICTURE_AS_TEXT: Final = "UklGRjAAAABXRUJQVlA4TCQAAAAvD8ADAA9wl/9//H/rf/7jAQrZRoDO4PwtD+JFiOj/BMCKD1g="

_DETECT: Final = (
    "Whether to find the garments in the photo, where the network can: they are in `query.objects`, and without a box "
    "the most prominent one is searched for, which is in `query.box`. `false`: without a box all of the photo is "
    "searched for."
)


def _form(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a multipart body that must have the field `image` and no field besides these."""
    return {"type": "object", "required": ["image"], "additionalProperties": False, "properties": dict(fields)}


PHOTO_BODY: Final[Mapping[str, Any]] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": _form(
                {
                    "image": {
                        **BINARY,
                        "description": f"{formats_in_words()}, at most 10 MiB. The format is recognised by content.",
                    },
                    "box": {
                        "type": "string",
                        "description": "Part of the photo to search for: `x1,y1,x2,y2`, as fractions of the picture "
                        "after EXIF orientation.",
                        "pattern": "^[^,]+,[^,]+,[^,]+,[^,]+$",
                    },
                    "detect": {"type": "boolean", "default": True, "description": _DETECT},
                }
            ),
            "examples": {"box": {"summary": "A part of a photo", "value": {"box": "0.1,0.1,0.9,0.9"}}},
        },
        **{kind: {"schema": BINARY} for kind in MEDIA_TYPES},
        "application/json": {
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "image_base64": {
                        "type": "string",
                        "contentEncoding": "base64",
                        "description": f"{formats_in_words()} as base64 (RFC 4648, section 4) without line breaks. The "
                        "body may have 10 MiB, which are 7.5 MiB of picture. Either this or `image_url` is needed.",
                    },
                    "image_url": {
                        "type": "string",
                        "description": "Where the picture is fetched from, in place of `image_base64`; only hosts that "
                        "the server's operator lists.",
                    },
                    "box": {
                        "anyOf": [
                            {
                                "type": "array",
                                "items": {"type": "number", "minimum": 0, "maximum": 1},
                                "minItems": 4,
                                "maxItems": 4,
                            },
                            {"type": "string"},
                            {"type": "null"},
                        ],
                        "description": "Part of the photo to search for: x1, y1, x2, y2, as fractions of the picture "
                        "after EXIF orientation, as a list or a text such as `0.1,0.2,0.9,0.8`. null: no box.",
                    },
                    "detect": {
                        "anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}, {"type": "null"}],
                        "default": True,
                        "description": f"{_DETECT} null: true.",
                    },
                },
            },
            "example": {"image_base64": PICTURE_AS_TEXT, "box": [0.1, 0.1, 0.9, 0.9]},
        },
    },
}

EMBEDDING_REQUEST: Final[Mapping[str, Any]] = {
    "required": True,
    "content": {
        "application/json": {"schema": ItemIds.model_json_schema()},
        "multipart/form-data": {
            "schema": _form(
                {
                    "image": {
                        "type": "array",
                        "items": BINARY,
                        "minItems": 1,
                        "maxItems": 32,
                        "description": f"{formats_in_words()} pictures, at most 10 MiB in all.",
                    }
                }
            )
        },
    },
}

PICTURE_RESPONSE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The picture.",
        "content": {kind: {"schema": BINARY} for kind in MEDIA_TYPES},
        "headers": {
            "ETag": {"description": "Send it in If-None-Match next time.", "schema": {"type": "string"}},
            "Cache-Control": {"schema": {"type": "string"}},
            "Vary": {"description": "`Accept`, if the picture was made smaller.", "schema": {"type": "string"}},
        },
    },
    304: {"description": "The picture is unchanged: it still has the ETag given in If-None-Match."},
}


def documentation(route: Route) -> dict[str, Any]:
    """The arguments for FastAPI that make its OpenAPI document describe a route as declared."""
    # Without a model FastAPI would document an answer as JSON.
    kind: dict[str, Any] = {"response_class": Response} if route.answer is None else {"response_model": route.answer}
    extra: dict[str, Any] = {
        "parameters": [
            *(_path_parameter(name) for name in route.path_parameters),
            *(_query_parameter(parameter) for parameter in route.parameters or ()),
            *(dict(field) for field in route.headers),
        ]
    }
    if route.body is not None:
        extra["requestBody"] = route.body
    return {
        **kind,
        "status_code": route.status,
        "tags": [route.tag],
        "operation_id": route.operation_id,
        "summary": route.summary,
        "description": route.description or inspect.getdoc(route.handler),
        "responses": {**route.responses, **_problems(route.problems)},
        "openapi_extra": extra,
    }


def _problems(statuses: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    """The error responses of a route, each with the problem codes of its status."""
    documented: dict[int | str, dict[str, Any]] = {}
    # Whoever goes on without a valid key is told to wait.
    limited = {429} if 401 in (told := set(statuses)) else set()
    for status in sorted(told | limited):
        codes = [code for code, kind in PROBLEM_KINDS.items() if kind.status == status]
        documented[status] = {
            "description": " or ".join(f"`{code}`" for code in codes),
            "content": _PROBLEM,
        }
        if status in {429, 503}:
            documented[status]["headers"] = _RETRY_AFTER
    return documented


def _path_parameter(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": _PATH_PARAMETERS[name],
        "schema": {"type": "string"},
    }


def _query_parameter(parameter: Parameter) -> dict[str, Any]:
    documented: dict[str, Any] = {
        "name": parameter.name,
        "in": "query",
        "required": False,
        "description": parameter.description,
        "schema": dict(parameter.schema),
    }
    if parameter.repeatable:
        documented.update(style="form", explode=True)
    return documented

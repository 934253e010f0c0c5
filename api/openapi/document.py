"""The OpenAPI document: what FastAPI generates from the routes, with examples from the open index."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.items.open_index import OpenIndex
from api.openapi.schemas import Problem
from index.conditions import escaped
from index.query import ColumnDescription, ListingQuery

TITLE: Final = "Lookalike"
_DESCRIPTION: Final = """Finds the items of a catalogue that look like a photo or like another item.

Send a photo to `POST /similar`, or the id of an item to `GET /items/{id}/similar`. Scores are cosine similarities;
the highest come first. Boxes are `x1,y1,x2,y2`, as fractions of the picture after EXIF orientation.

Errors are `application/problem+json` (RFC 9457); their `code` is stable. Every response has an `X-Request-Id` header.
Parameters that are unknown, out of range or given twice are refused, not ignored."""
_TAGS: Final = [
    {"name": "similar", "description": "Similarity search."},
    {"name": "items", "description": "The catalogue. Available even if Redis or the workers are not."},
    {"name": "live catalogue", "description": "Changing items while they are served."},
    {"name": "jobs", "description": "Embeddings of many pictures, for your own use."},
    {"name": "health", "description": "For load balancers and monitoring."},
]
_EXAMPLES: Final[dict[str, object]] = {
    "limit": 5,
    "offset": 0,
    "min_score": "auto",
    "exclude_self": True,
    "sample": "random",
    "seed": 7,
    "width": 320,
}
# For those who have no key: they must not learn from an example what the catalogue holds.
_NEUTRAL_EXAMPLES: Final[dict[str, object]] = {
    **_EXAMPLES,
    "id": "item-1",
    "filter": ["column:value"],
    "exclude": ["column:value"],
    "group_by": "column",
    "facets": "column",
    "field": "column",
    "prefix": "va",
}
_SECURITY: Final = {
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}
_OPEN_TAG: Final = "health"
_GUARDED_HEALTH: Final = "/metrics"


class ApiDocument:
    """The document of an application; only its examples depend on the index.

    Args:
        app: the application; all its routes must be added before the first call of `about`.
        root_path: path below which a proxy serves the API.
        needs_key: whether requests must carry an API key.
    """

    def __init__(self, app: FastAPI, *, root_path: str, needs_key: bool) -> None:
        self._app = app
        self._root_path = root_path
        self._needs_key = needs_key
        self._without_examples: bytes | None = None

    def about(self, opened: OpenIndex | None) -> dict[str, Any]:
        """A new copy of the document, with examples from the index if there is one."""
        return self._with(_examples(opened))

    def neutral(self) -> dict[str, Any]:
        """A new copy of the document, with examples that are of no catalogue."""
        return self._with(_NEUTRAL_EXAMPLES)

    def _with(self, examples: dict[str, object]) -> dict[str, Any]:
        if self._without_examples is None:
            # Generating it would delay other requests for too long, so it is done only once.
            self._without_examples = orjson.dumps(_gather(self._app, self._root_path, self._needs_key))
        document: dict[str, Any] = orjson.loads(self._without_examples)
        for operations in document["paths"].values():
            for operation in operations.values():
                _add_examples(operation, examples)
        return document


def _gather(app: FastAPI, root_path: str, needs_key: bool) -> dict[str, Any]:
    document = get_openapi(
        title=TITLE,
        version=_version(),
        description=_DESCRIPTION,
        routes=app.routes,
        tags=_TAGS,
        servers=[{"url": root_path or "/"}],
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if needs_key and (_OPEN_TAG not in operation["tags"] or path == _GUARDED_HEALTH):
                operation["security"] = [{name: []} for name in _SECURITY]
    if needs_key:
        document["components"]["securitySchemes"] = _SECURITY
    return document


def _examples(opened: OpenIndex | None) -> dict[str, object]:
    examples = dict(_EXAMPLES)
    if opened is not None:
        for item in opened.searcher.listing(ListingQuery(limit=1)).items:
            examples["id"] = item.id
            examples.update(_condition_examples(opened.searcher.attributes()))
    return examples


def _condition_examples(columns: Sequence[ColumnDescription]) -> dict[str, object]:
    """Examples of conditions, a group, facets and values to find, from the attributes; empty if there are none."""
    categories = [column for column in columns if column.categorical and column.values]
    if not categories:
        return {}
    # The field with the fewest values (two at least, if possible) is the likeliest to mean something to a reader.
    column = min(categories, key=lambda candidate: (len(candidate.values) < 2, len(candidate.values)))
    by_count = sorted(zip(column.counts, column.values, strict=True), reverse=True)
    return {
        "filter": [f"{escaped(column.name)}:{escaped(by_count[0][1])}"],
        "exclude": [f"{escaped(column.name)}:{escaped(by_count[-1][1])}"],
        "group_by": column.name,
        "facets": escaped(column.name),
        "field": column.name,
        "prefix": by_count[0][1][:2],
    }


def _add_examples(operation: dict[str, Any], examples: dict[str, object]) -> None:
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in examples:
            parameter["example"] = examples[parameter["name"]]
    json_body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if json_body is not None and "item_ids" in json_body["schema"]["properties"] and "id" in examples:
        json_body["example"] = {"item_ids": [examples["id"]]}


def _version() -> str:
    try:
        return version("lookalike")
    except PackageNotFoundError:
        return "0"

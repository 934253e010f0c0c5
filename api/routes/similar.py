"""Items that look like a photo, or like another item."""

import time
from collections.abc import Callable

import numpy as np
from fastapi import APIRouter, Request
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.http import parameters
from api.http.answers import json_answer
from api.http.body import read_body
from api.http.disconnects import unless_disconnected
from api.http.multipart import parse_multipart
from api.http.parameters import ParameterSet
from api.http.problems import ServiceProblem
from api.http.request_context import RequestContext, context_of
from api.http.uploads import PhotoUpload, read_photo
from api.items.open_index import OpenIndex
from api.items.queries import search_query
from api.openapi.operations import MULTIPART_PHOTO, operation, problems
from api.openapi.schemas import SimilarItems
from api.services import Services
from contracts.embedding_job import EmbedReply
from index.query import Page, SearchQuery

# Above this, taking apart and looking over an upload takes long enough to be felt by other requests.
THREADED_UPLOAD_BYTES = 1024 * 1024

_SEARCH = (
    parameters.limit(),
    parameters.offset(999, "How many of the best to pass over; offset + limit is at most 1,000."),
    parameters.MIN_SCORE,
    parameters.FILTER,
    parameters.EXCLUDE,
    parameters.GROUP_BY,
    parameters.FACETS,
)
BY_PHOTO = ParameterSet(
    _SEARCH,
    elsewhere={
        "image": "it is a part of the multipart body",
        "box": "it is a field of the multipart body",
        "exclude_self": "it belongs to GET /items/{id}/similar",
    },
)
BY_ITEM = ParameterSet(
    (*_SEARCH, parameters.EXCLUDE_SELF),
    elsewhere={"box": "it belongs to POST /similar", "image": "it belongs to POST /similar"},
)

# The answer to an item query differs only in the id, so the rest is not built anew each time.
_NO_PHOTO: dict[str, object] = {"width": None, "height": None, "box": None, "category": None}


class SimilarRoutes:
    """The two searches."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def add_to(self, router: APIRouter) -> None:
        """Serve them."""
        router.add_api_route(
            "/items/{id:path}/similar",
            self.by_item,
            methods=["GET"],
            response_model=SimilarItems,
            tags=["similar"],
            operation_id="similar_to_item",
            summary="Items that look like an item",
            responses=problems(400, 401, 404, 500, 503),
            openapi_extra=operation(BY_ITEM, path=("id",)),
        )
        router.add_api_route(
            "/similar",
            self.by_photo,
            methods=["POST"],
            response_model=SimilarItems,
            tags=["similar"],
            operation_id="similar_to_photo",
            summary="Items that look like a photo",
            description=(
                "The photo is a JPEG, PNG or WebP of at most 10 MiB, turned upright by its EXIF orientation. "
                "`box` searches for a part of it. Nothing of the photo is kept once it is answered."
            ),
            responses=problems(400, 401, 413, 415, 422, 500, 503, 504),
            openapi_extra=operation(BY_PHOTO, body=MULTIPART_PHOTO),
        )

    async def by_item(self, request: Request) -> Response:
        """Items whose pictures look like an item's picture, most similar first."""
        context = context_of(request.scope)
        values = BY_ITEM.read(request.scope["query_string"])
        parameters.check_window(values["limit"], values["offset"])
        index = self._services.index()
        item_id: str = request.scope["path_params"]["id"]
        query = search_query(values, excluded_item=item_id if values["exclude_self"] else None)
        page, search_ms = await self._search(index, query, lambda: index.searcher.find_like(query, item_id))
        return _answer(
            context,
            index,
            page,
            query,
            photo={"item_id": item_id, **_NO_PHOTO},
            timing_ms={"search": search_ms},
        )

    async def by_photo(self, request: Request) -> Response:
        """Items that look like an uploaded photo, most similar first."""
        context = context_of(request.scope)
        values = BY_PHOTO.read(request.scope["query_string"])
        parameters.check_window(values["limit"], values["offset"])
        index = self._services.index()
        query = search_query(values)
        # Before the photo goes anywhere: a wrong filter must not cost an inference.
        index.searcher.check(query)
        settings = self._services.settings
        body = await read_body(request, settings)
        content_type = request.headers.get("content-type")
        if len(body) > THREADED_UPLOAD_BYTES:
            upload = await run_in_threadpool(_upload, content_type, body, settings.max_upload_bytes)
        else:
            upload = _upload(content_type, body, settings.max_upload_bytes)
        begun = time.perf_counter()
        reply = await unless_disconnected(request, index.embedder.embed(upload.picture, box=upload.box))
        round_trip_ms = (time.perf_counter() - begun) * 1000.0
        queue_ms = max(0.0, round_trip_ms - reply.decode_ms - reply.embed_ms)
        self._services.metrics.observe_photo(queue_ms=queue_ms, decode_ms=reply.decode_ms, embed_ms=reply.embed_ms)
        embedding = _embedding(reply, index)
        page, search_ms = await self._search(index, query, lambda: index.searcher.find(query, embedding))
        return _answer(
            context,
            index,
            page,
            query,
            photo=_photo(reply, upload),
            timing_ms={
                "queue": round(queue_ms, 2),
                "decode": round(reply.decode_ms, 2),
                "embed": round(reply.embed_ms, 2),
                "search": search_ms,
            },
        )

    async def _search(self, index: OpenIndex, query: SearchQuery, search: Callable[[], Page]) -> tuple[Page, float]:
        """What was found, and how long that took, milliseconds."""
        begun = time.perf_counter()
        page = await self._services.asking.ask(index.searcher, query, search)
        elapsed_s = time.perf_counter() - begun
        self._services.metrics.observe_search(elapsed_s)
        return page, round(elapsed_s * 1000.0, 2)


def _upload(content_type: str | None, body: bytes, max_upload_bytes: int) -> PhotoUpload:
    return read_photo(parse_multipart(content_type, body, max_files=2), max_upload_bytes=max_upload_bytes)


def _embedding(reply: EmbedReply, index: OpenIndex) -> NDArray[np.float32]:
    expected = index.model_version
    if reply.model_version != expected:
        raise ServiceProblem(
            "model_mismatch",
            f"the index was made by model {expected}, the worker that answered runs {reply.model_version}; start a "
            "worker of the index's model, or build the index anew",
        )
    if reply.embedding is None:
        raise ServiceProblem("internal_error", "the worker answered without an embedding")
    return reply.embedding


def _photo(reply: EmbedReply, upload: PhotoUpload) -> dict[str, object]:
    box = upload.box
    category = None
    if reply.category is not None and reply.confidence is not None:
        category = {"name": reply.category, "confidence": round(reply.confidence, 4)}
    return {
        "item_id": None,
        "width": reply.width,
        "height": reply.height,
        "box": None if box is None else [box.x1, box.y1, box.x2, box.y2],
        "category": category,
    }


def _answer(
    context: RequestContext,
    index: OpenIndex,
    page: Page,
    query: SearchQuery,
    *,
    photo: dict[str, object],
    timing_ms: dict[str, float],
) -> Response:
    hit = index.views.hit
    timing_ms["total"] = round(context.elapsed_ms(), 2)
    answer: dict[str, object] = {
        "request_id": context.request_id,
        "query": photo,
        "index": index.summary,
        "items": [hit(item, rank) for rank, item in enumerate(page.items, query.offset + 1)],
        "total": page.total,
        "limit": query.limit,
        "offset": query.offset,
        "timing_ms": timing_ms,
    }
    if page.facets is not None:
        answer["facets"] = page.facets
    return json_answer(answer)

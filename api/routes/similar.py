"""Items that look like a photo, or like another item."""

import time

import anyio
import numpy as np
from fastapi import Request
from numpy.typing import NDArray
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.http.answers import json_answer
from api.http.body import read_body
from api.http.disconnects import unless_disconnected
from api.http.multipart import parse_multipart
from api.http.request_context import RequestContext, context_of
from api.http.route import Route, Values
from api.http.uploads import PhotoUpload, read_photo
from api.items.open_index import OpenIndex
from api.items.searching import Found, check_fields, find, is_long
from api.openapi.operations import MULTIPART_PHOTO
from api.openapi.schemas import SimilarItems
from api.routes import query_parameters
from api.routes.services import Services
from contracts.embedding_reply import Embedded
from index.search_threads import search_threads
from pictures.formats import formats_in_words

# Above this, taking apart and looking over an upload takes long enough to be felt by other requests.
THREADED_UPLOAD_BYTES = 1024 * 1024

_SEARCH = (
    query_parameters.limit(),
    query_parameters.offset(999, "How many of the best to pass over; offset + limit is at most 1,000."),
    query_parameters.MIN_SCORE,
    query_parameters.FILTER,
    query_parameters.EXCLUDE,
    query_parameters.GROUP_BY,
    query_parameters.FACETS,
)

# The answer to an item query differs only in the id, so the rest is not built anew each time.
_NO_PHOTO: dict[str, object] = {"width": None, "height": None, "box": None, "category": None}


class SimilarRoutes:
    """The two searches."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._threads = anyio.CapacityLimiter(search_threads())

    def routes(self) -> tuple[Route, ...]:
        """What is served."""
        return (
            Route(
                method="GET",
                path="/items/{id:path}/similar",
                handler=self.by_item,
                parameters=(*_SEARCH, query_parameters.EXCLUDE_SELF),
                operation_id="similar_to_item",
                tag="similar",
                summary="Items that look like an item",
                answer=SimilarItems,
                problems=(400, 401, 404, 500, 503),
            ),
            Route(
                method="POST",
                path="/similar",
                handler=self.by_photo,
                parameters=_SEARCH,
                body=MULTIPART_PHOTO,
                operation_id="similar_to_photo",
                tag="similar",
                summary="Items that look like a photo",
                description=(
                    f"The photo is a {formats_in_words()} of at most 10 MiB, turned upright by its EXIF orientation. "
                    "`box` searches for a part of it. Nothing of the photo is kept once it is answered."
                ),
                answer=SimilarItems,
                problems=(400, 401, 413, 415, 422, 500, 503, 504),
            ),
        )

    async def by_item(self, request: Request, query: Values) -> Response:
        """Items whose pictures look like an item's picture, most similar first."""
        context = context_of(request.scope)
        query_parameters.check_window(query["limit"], query["offset"])
        index = self._services.index()
        item_id: str = query["id"]
        row = index.row(item_id)
        reduced, full = index.ranking.item_query(row)
        found, search_ms = await self._search(index, reduced, full, query, row if query["exclude_self"] else None)
        return _answer(
            context,
            index,
            found,
            query,
            photo={"item_id": item_id, **_NO_PHOTO},
            timing_ms={"search": search_ms},
        )

    async def by_photo(self, request: Request, query: Values) -> Response:
        """Items that look like an uploaded photo, most similar first."""
        context = context_of(request.scope)
        query_parameters.check_window(query["limit"], query["offset"])
        index = self._services.index()
        # Before the photo goes anywhere: a wrong filter must not cost an inference.
        check_fields(index.bundle.attributes, query)
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
        reduced = index.bundle.reduction.reduce(reply.embedding)
        found, search_ms = await self._search(index, reduced, reply.embedding, query, None)
        return _answer(
            context,
            index,
            found,
            query,
            photo=_photo(reply, upload),
            timing_ms={
                "queue": round(queue_ms, 2),
                "decode": round(reply.decode_ms, 2),
                "embed": round(reply.embed_ms, 2),
                "search": search_ms,
            },
        )

    async def _search(
        self,
        index: OpenIndex,
        reduced: NDArray[np.float32],
        full: NDArray[np.float32] | None,
        query: Values,
        exclude_row: int | None,
    ) -> tuple[Found, float]:
        """What was found, and how long that took, milliseconds."""
        begun = time.perf_counter()

        def search() -> Found:
            return find(index.ranking, index.bundle.attributes, reduced, full, query, exclude_row)

        if is_long(len(index.bundle.items), query):
            found = await anyio.to_thread.run_sync(search, limiter=self._threads)
        else:
            found = search()
        elapsed_s = time.perf_counter() - begun
        self._services.metrics.observe_search(elapsed_s)
        return found, round(elapsed_s * 1000.0, 2)


def _upload(content_type: str | None, body: bytes, max_upload_bytes: int) -> PhotoUpload:
    return read_photo(parse_multipart(content_type, body, max_files=2), max_upload_bytes=max_upload_bytes)


def _photo(reply: Embedded, upload: PhotoUpload) -> dict[str, object]:
    box = upload.box
    category = None
    if reply.category is not None:
        name, confidence = reply.category
        category = {"name": name, "confidence": round(confidence, 4)}
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
    found: Found,
    query: Values,
    *,
    photo: dict[str, object],
    timing_ms: dict[str, float],
) -> Response:
    first: int = query["offset"] + 1
    hit = index.views.hit
    hits = zip(found.hits.rows.tolist(), found.hits.similarities.tolist(), strict=True)
    timing_ms["total"] = round(context.elapsed_ms(), 2)
    answer: dict[str, object] = {
        "request_id": context.request_id,
        "query": photo,
        "index": index.summary,
        "items": [hit(row, rank, round(score, 6)) for rank, (row, score) in enumerate(hits, first)],
        "total": found.hits.total,
        "limit": query["limit"],
        "offset": query["offset"],
        "timing_ms": timing_ms,
    }
    if found.facets is not None:
        answer["facets"] = found.facets
    return json_answer(answer)

"""Items that look like a photo, or like another item."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response

from api.embedding.admitted import Admitted
from api.http.answers import JSON_MEDIA_TYPE
from api.http.body import read_body
from api.http.disconnects import unless_disconnected
from api.http.finished_answer import FinishedAnswer
from api.http.json_photo import read_json_photo
from api.http.multipart import media_type, parse_multipart
from api.http.request_context import RequestContext, context_of
from api.http.route import Route, Values
from api.http.uploads import PhotoUpload, checked_photo, read_photo
from api.items.open_index import OpenIndex
from api.items.queries import search_query
from api.items.repeated_questions import remember
from api.openapi.operations import PHOTO_BODY
from api.openapi.schemas import SimilarItems
from api.routes import query_parameters
from api.routes.services import Services
from contracts.box import Box
from contracts.embedding_reply import Embedded
from index.query import Page, SearchQuery
from pictures.formats import formats_in_words

_SEARCH = (
    query_parameters.limit(),
    query_parameters.offset(999, "Number of best matches to skip; offset + limit is at most 1,000."),
    query_parameters.MIN_SCORE,
    query_parameters.FILTER,
    query_parameters.EXCLUDE,
    query_parameters.GROUP_BY,
    query_parameters.FACETS,
)

# The same for every search by item, so it is built only once.
_NO_PHOTO: dict[str, object] = {"width": None, "height": None, "box": None, "category": None}


class SimilarRoutes:
    """The two searches."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> tuple[Route, ...]:
        """The routes of this group."""
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
                body=PHOTO_BODY,
                operation_id="similar_to_photo",
                tag="similar",
                summary="Items that look like a photo",
                description=(
                    f"The photo is a {formats_in_words()} of at most 10 MiB; its EXIF orientation is applied. "
                    "Send it as the part `image` of a form, as the whole body, or in JSON as `image_base64`, where it "
                    "may have 7.5 MiB; in a form and in JSON, `box` searches for a part of it. The photo is not kept "
                    "after the response."
                ),
                answer=SimilarItems,
                problems=(400, 401, 413, 415, 422, 500, 503, 504),
            ),
        )

    async def by_item(self, request: Request, values: Values) -> Response:
        """Items whose pictures look like an item's picture, most similar first."""
        context = context_of(request.scope)
        query_parameters.check_window(values["limit"], values["offset"])
        index = self._services.index()
        item_id: str = values["id"]
        query = search_query(values, excluded_item=item_id if values["exclude_self"] else None)
        page, search_ms = await self._search(index, query, lambda: index.searcher.find_like(query, item_id))
        answer = _finished(index, page, query, photo={"item_id": item_id, **_NO_PHOTO})
        remember(request.scope, index, answer)
        return _response(context, answer, timing_ms={"search": search_ms})

    async def by_photo(self, request: Request, values: Values) -> Response:
        """Items that look like an uploaded photo, most similar first."""
        context = context_of(request.scope)
        query_parameters.check_window(values["limit"], values["offset"])
        index = self._services.index()
        query = search_query(values)
        # Before the photo is embedded, because an invalid filter must not cost an inference.
        index.searcher.check(query)
        photo = await self._embed_upload(request, index)
        reply = photo.reply
        self._services.metrics.observe_photo(
            queue_ms=photo.queue_ms, decode_ms=reply.decode_ms, embed_ms=reply.embed_ms
        )
        page, search_ms = await self._search(index, query, lambda: index.searcher.find(query, reply.embedding))
        return _response(
            context,
            _finished(index, page, query, photo=_described(photo)),
            timing_ms={
                "queue": round(photo.queue_ms, 2),
                "decode": round(reply.decode_ms, 2),
                "embed": round(reply.embed_ms, 2),
                "search": search_ms,
            },
        )

    async def _embed_upload(self, request: Request, index: OpenIndex) -> "_EmbeddedPhoto":
        """Read and embed the photo; the memory for its body is taken until then."""
        self._services.photos.came()
        with self._services.bodies.share() as share:
            body = await read_body(request, self._services.settings, share)
            # Before the photo is checked, because a check costs time, and so that the deadline includes it.
            with index.embedder.admit(len(body)) as admitted:
                return await unless_disconnected(
                    request, self._check_and_embed(request.headers.get("content-type"), body, admitted)
                )

    async def _check_and_embed(self, content_type: str | None, body: bytearray, admitted: Admitted) -> "_EmbeddedPhoto":
        max_upload_bytes = self._services.settings.max_upload_bytes
        upload = await admitted.check(self._services.checks.run(_upload, content_type, body, max_upload_bytes))
        begun = time.perf_counter()
        reply = await admitted.embed(upload.picture, box=upload.box)
        round_trip_ms = (time.perf_counter() - begun) * 1000.0
        return _EmbeddedPhoto(reply, upload.box, max(0.0, round_trip_ms - reply.decode_ms - reply.embed_ms))

    async def _search(self, index: OpenIndex, query: SearchQuery, search: Callable[[], Page]) -> tuple[Page, float]:
        """The page that was found, and the duration of the search, milliseconds."""
        begun = time.perf_counter()
        page = await self._services.asking.ask(index.searcher, query, search)
        elapsed_s = time.perf_counter() - begun
        self._services.metrics.observe_search(elapsed_s)
        return page, round(elapsed_s * 1000.0, 2)


@dataclass(frozen=True, slots=True)
class _EmbeddedPhoto:
    """A photo's embedding, the box that it is of, and how long the photo waited, milliseconds."""

    reply: Embedded
    box: Box | None
    queue_ms: float


def _upload(content_type: str | None, body: bytearray, max_upload_bytes: int) -> PhotoUpload:
    # Any type of picture: which one it really is, its bytes say.
    kind = media_type(content_type)
    if kind == "application/json":
        return read_json_photo(body, max_upload_bytes=max_upload_bytes)
    if kind.startswith("image/"):
        picture = bytes(body)
        body.clear()
        return checked_photo(picture, max_upload_bytes=max_upload_bytes)
    parts = parse_multipart(content_type, body, max_pictures=2)
    # The parts are copies, and the photo may have to wait for a worker.
    body.clear()
    return read_photo(parts, max_upload_bytes=max_upload_bytes)


def _described(photo: _EmbeddedPhoto) -> dict[str, object]:
    reply, box = photo.reply, photo.box
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


def _finished(index: OpenIndex, page: Page, query: SearchQuery, *, photo: dict[str, object]) -> FinishedAnswer:
    return FinishedAnswer.of(
        {
            "query": photo,
            "index": index.summary,
            "items": index.views.hits(page.items, query.offset + 1),
            "total": page.total,
            "limit": query.limit,
            "offset": query.offset,
        },
        {} if page.facets is None else {"facets": page.facets},
    )


def _response(context: RequestContext, answer: FinishedAnswer, *, timing_ms: dict[str, float]) -> Response:
    timing_ms["total"] = round(context.elapsed_ms(), 2)
    return Response(answer.body(context.request_id, timing_ms), media_type=JSON_MEDIA_TYPE)

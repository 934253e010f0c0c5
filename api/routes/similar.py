"""Items that look like a photo, or like another item."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from api.embedding.admitted import Admitted
from api.http.answers import JSON_MEDIA_TYPE
from api.http.body import announced_bytes, read_body
from api.http.body_budget import BodyShare
from api.http.callers import caller_of
from api.http.disconnects import unless_disconnected
from api.http.json_photo import read_json_photo, read_photo_address
from api.http.multipart import media_type, parse_multipart
from api.http.preferences import RESPOND_ASYNC, prefers_async
from api.http.request_context import context_of
from api.http.route import Route, Values
from api.http.uploads import PhotoUpload, checked_photo, read_photo
from api.items.open_index import OpenIndex
from api.items.photo_query import PhotoQuery
from api.items.queries import search_query
from api.items.query_token import read_token, token_of
from api.jobs.photo_search import PhotoSearch
from api.jobs.request import JobRequest
from api.openapi.operations import KEPT_RESPONSE, PHOTO_BODY
from api.openapi.schemas import Job, SimilarItems
from api.routes import query_parameters
from api.routes.job_answers import ACCEPTED, accepted
from api.routes.searching import SEARCH_PARAMETERS, described_photo, finished, response, response_to_keep, searched
from api.routes.services import Services
from contracts.box import Box
from contracts.embedding_reply import Embedded
from pictures.formats import formats_in_words
from tracing.spans import span

_PREFER: Final = {
    "name": "Prefer",
    "in": "header",
    "required": False,
    "description": f"`{RESPOND_ASYNC}`: answer 202 with a job at once, instead of waiting for a worker.",
    "schema": {"type": "string"},
    "example": RESPOND_ASYNC,
}
_ACCEPTED: Final[dict[str, Any]] = {
    **ACCEPTED,
    "model": Job,
    "description": f"With `Prefer: {RESPOND_ASYNC}`: the photo was accepted as a job.",
    "headers": {
        **ACCEPTED["headers"],
        "Preference-Applied": {"description": f"`{RESPOND_ASYNC}`.", "schema": {"type": "string"}},
    },
}
# The same for every search by item, so it is built only once.
_NO_PHOTO: dict[str, object] = {
    "width": None,
    "height": None,
    "box": None,
    "objects": None,
    "category": None,
    "token": None,
}


class SimilarRoutes:
    """The searches."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def routes(self) -> tuple[Route, ...]:
        """The routes of this group."""
        return (
            Route(
                method="GET",
                path="/items/{id:path}/similar",
                handler=self.by_item,
                parameters=(*SEARCH_PARAMETERS, query_parameters.EXCLUDE_SELF),
                operation_id="similar_to_item",
                tag="similar",
                summary="Items that look like an item",
                answer=SimilarItems,
                responses=KEPT_RESPONSE,
                problems=(400, 401, 404, 500, 503),
            ),
            Route(
                method="POST",
                path="/similar",
                handler=self.by_photo,
                parameters=SEARCH_PARAMETERS,
                body=PHOTO_BODY,
                operation_id="similar_to_photo",
                tag="similar",
                summary="Items that look like a photo",
                description=(
                    f"The photo is a {formats_in_words()} of at most 10 MiB; its EXIF orientation is applied. "
                    "Send it as the part `image` of a form, as the whole body, or in JSON as `image_base64`, where it "
                    "may have 7.5 MiB, or as `image_url`, from where the server fetches it if its operator allows "
                    "that. In a form and in JSON, `box` searches for a part of it. Where the network finds garments, "
                    "they are in `query.objects`; without a `box` the most prominent one is searched for, unless "
                    "`detect` is false in the form or JSON. The photo is not kept after the response; its embedding "
                    "may be remembered for some minutes, so that the same photo again takes less time. For the next "
                    "page or other filters, send `query.token` to `GET /similar` instead of the photo.\n\n"
                    "With `Prefer: respond-async` (RFC 7240) the answer is a job, as of `POST /embeddings`. Everything "
                    "about the request is checked first. Once the job has `succeeded`, its `similar` is the answer to "
                    "this request, for the index that is served when the job is read. `wait` is ignored."
                ),
                headers=(_PREFER,),
                answer=SimilarItems,
                responses={202: _ACCEPTED},
                problems=(400, 401, 413, 415, 422, 429, 500, 503, 504),
            ),
            Route(
                method="GET",
                path="/similar",
                handler=self.by_token,
                parameters=(query_parameters.TOKEN, *SEARCH_PARAMETERS),
                operation_id="similar_to_token",
                tag="similar",
                summary="Items that look like a photo that was sent before",
                description=(
                    "Takes the `query.token` of an answer to `POST /similar`, so that paging, other filters and a "
                    "shared link need neither the photo again nor a worker. The same parameters give the items, "
                    "scores, total and facets of the photo's own answer, for the index that is served now. A token "
                    "holds the photo's embedding; nothing is kept on the server. It is good until a network of another "
                    "version is served; then it is refused with 410 `token_outdated`: send the photo again."
                ),
                answer=SimilarItems,
                responses=KEPT_RESPONSE,
                problems=(400, 401, 410, 500, 503),
            ),
        )

    async def by_item(self, request: Request, values: Values) -> Response:
        """Items whose pictures look like an item's picture, most similar first."""
        query_parameters.check_window(values["limit"], values["offset"])
        index = self._services.index()
        item_id: str = values["id"]
        query = search_query(values, excluded_item=item_id if values["exclude_self"] else None)
        page, search_ms = await searched(self._services, index, query, lambda: index.searcher.find_like(query, item_id))
        answer = finished(index, page, query, searched_for={"item_id": item_id, **_NO_PHOTO})
        return response_to_keep(self._services, request, index, answer, timing_ms={"search": search_ms})

    async def by_photo(self, request: Request, values: Values) -> Response:
        """Items that look like an uploaded photo, most similar first."""
        context = context_of(request.scope)
        query_parameters.check_window(values["limit"], values["offset"])
        index = self._services.index()
        query = search_query(values)
        # Before the photo is embedded, because an invalid filter must not cost an inference.
        await self._services.asking.check(index.searcher, query)
        if prefers_async(request.scope):
            return await self._accept(request, index)
        photo = await self._embed_upload(request, index)
        reply = photo.reply
        if photo.embedded_now:
            self._services.metrics.observe_photo(
                queue_ms=photo.queue_ms, decode_ms=reply.decode_ms, embed_ms=reply.embed_ms
            )
        searched_for = PhotoQuery.of(reply, photo.box)
        embedding = searched_for.embedding.full()
        page, search_ms = await searched(self._services, index, query, lambda: index.searcher.find(query, embedding))
        timing_ms = {
            "queue": round(photo.queue_ms, 2),
            "decode": round(reply.decode_ms, 2),
            "embed": round(reply.embed_ms, 2),
            "search": search_ms,
        }
        token = token_of(searched_for, model_version=index.model_version)
        described = described_photo(searched_for, token=token, objects=reply.objects)
        return response(context, finished(index, page, query, searched_for=described), timing_ms=timing_ms)

    async def by_token(self, request: Request, values: Values) -> Response:
        """Items that look like a photo whose token is sent, most similar first."""
        query_parameters.check_window(values["limit"], values["offset"])
        index = self._services.index()
        query = search_query(values)
        token: str = values["token"]
        photo = read_token(token, model_version=index.model_version)
        embedding = photo.embedding.full()
        page, search_ms = await searched(self._services, index, query, lambda: index.searcher.find(query, embedding))
        answer = finished(index, page, query, searched_for=described_photo(photo, token=token))
        return response_to_keep(self._services, request, index, answer, timing_ms={"search": search_ms})

    async def _accept(self, request: Request, index: OpenIndex) -> Response:
        """Accept a photo whose client does not wait, as a job."""
        services = self._services
        services.jobs.check_room()
        with services.bodies.share() as share:
            check, size = await self._sent(request, share)
            upload = await services.checks.run(check, body_bytes=size)
        job = await services.jobs.submit(
            JobRequest.of_photo(
                upload.picture, PhotoSearch(request.scope["query_string"], upload.box, detect=upload.detect)
            ),
            index,
            caller_of(request.scope, by_key=bool(services.settings.api_keys)),
        )
        return accepted(job, root_path=services.settings.root_path, headers={"Preference-Applied": RESPOND_ASYNC})

    async def _embed_upload(self, request: Request, index: OpenIndex) -> "_EmbeddedPhoto":
        """Read and embed the photo; the memory for its body is taken until then."""
        self._services.photos.came()
        # By the head alone: who is refused need not send ten megabytes first.
        index.embedder.check_room(announced_bytes(request, self._services.settings))
        with self._services.bodies.share() as share:
            check, size = await self._sent(request, share)
            # Before the photo is checked, because a check costs time, and so that the deadline includes it.
            with index.embedder.admit(size) as admitted:
                return await unless_disconnected(request, self._check_and_embed(check, size, admitted))

    async def _sent(self, request: Request, share: BodyShare) -> tuple[Callable[[], PhotoUpload], int]:
        """What checks the photo of a request, and how many bytes that has to look at; a photo by address is fetched."""
        settings = self._services.settings
        body = await read_body(request, settings, share)
        content_type, most_bytes = request.headers.get("content-type"), settings.max_upload_bytes
        address = read_photo_address(body) if media_type(content_type) == JSON_MEDIA_TYPE else None
        if address is None:
            return partial(_upload, content_type, body, most_bytes), len(body)
        # It has no place among the photos that wait yet: how long this takes is up to others.
        picture = await unless_disconnected(request, self._services.addresses.picture(address.url))
        share.take(len(picture))
        checked = partial(checked_photo, picture, address.box, detect=address.detect, max_upload_bytes=most_bytes)
        return checked, len(picture)

    async def _check_and_embed(
        self, check: Callable[[], PhotoUpload], size: int, admitted: Admitted
    ) -> "_EmbeddedPhoto":
        with span("upload check"):
            upload = await admitted.check(self._services.checks.run(_noted_upload, check, admitted, body_bytes=size))
        if (known := await admitted.recall()) is not None:
            return _EmbeddedPhoto(known, upload.box, 0.0, embedded_now=False)
        begun = time.perf_counter()
        reply = await admitted.embed(upload.picture, box=upload.box, detect=upload.detect)
        round_trip_ms = (time.perf_counter() - begun) * 1000.0
        return _EmbeddedPhoto(reply, upload.box, max(0.0, round_trip_ms - reply.decode_ms - reply.embed_ms))


@dataclass(frozen=True, slots=True)
class _EmbeddedPhoto:
    """A photo's embedding.

    Attributes:
        reply: a worker's, or what is remembered of it.
        box: that the client chose, or None.
        queue_ms: how long the photo waited, milliseconds.
        embedded_now: False if it was remembered.
    """

    reply: Embedded
    box: Box | None
    queue_ms: float
    embedded_now: bool = True


def _noted_upload(check: Callable[[], PhotoUpload], admitted: Admitted) -> PhotoUpload:
    """The photo, noted where its bytes are at hand."""
    upload = check()
    admitted.note(upload.picture, upload.box, detect=upload.detect)
    return upload


def _upload(content_type: str | None, body: bytearray, max_upload_bytes: int) -> PhotoUpload:
    # Any type of picture: which one it really is, its bytes say.
    kind = media_type(content_type)
    if kind == JSON_MEDIA_TYPE:
        return read_json_photo(body, max_upload_bytes=max_upload_bytes)
    if kind.startswith("image/"):
        picture = bytes(body)
        body.clear()
        return checked_photo(picture, max_upload_bytes=max_upload_bytes)
    parts = parse_multipart(content_type, body, max_pictures=2)
    # The parts are copies, and the photo may have to wait for a worker.
    body.clear()
    return read_photo(parts, max_upload_bytes=max_upload_bytes)

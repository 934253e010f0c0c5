"""What all searches share: their parameters, the search itself and their answer."""

import time
from collections.abc import Callable, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.http.answers import JSON_MEDIA_TYPE
from api.http.finished_answer import FinishedAnswer
from api.http.request_context import RequestContext, context_of
from api.items.open_index import OpenIndex
from api.items.photo_query import PhotoQuery
from api.items.repeated_questions import remember
from api.routes import query_parameters
from api.routes.services import Services
from contracts.found_garments import box_members, garment_members
from contracts.garments import Garment
from index.query import Page, SearchQuery
from tracing.spans import span

SEARCH_PARAMETERS: Final = (
    query_parameters.limit(),
    query_parameters.offset(999, "Number of best matches to skip; offset + limit is at most 1,000."),
    query_parameters.MIN_SCORE,
    query_parameters.FILTER,
    query_parameters.EXCLUDE,
    query_parameters.GROUP_BY,
    query_parameters.FACETS,
    query_parameters.FIELDS,
)


async def searched(
    services: Services, index: OpenIndex, query: SearchQuery, search: Callable[[], Page]
) -> tuple[Page, float]:
    """The page that was found, and the duration of the search, milliseconds."""
    begun = time.perf_counter()
    with span("search"):
        page = await services.asking.ask(index.searcher, query, search)
    elapsed_s = time.perf_counter() - begun
    services.metrics.observe_search(elapsed_s)
    return page, round(elapsed_s * 1000.0, 2)


def described_photo(
    photo: PhotoQuery, *, token: str | None, objects: Sequence[Garment] | None = None
) -> dict[str, object]:
    """The `query` member of an answer to a photo.

    Args:
        photo: what is searched for.
        token: that stands for it.
        objects: garments that were found in the photo; None if none were looked for.
    """
    category = None
    if photo.category is not None:
        name, confidence = photo.category
        category = {"name": name, "confidence": confidence}
    return {
        "item_id": None,
        "width": photo.width,
        "height": photo.height,
        "box": None if photo.box is None else box_members(photo.box),
        "objects": None if objects is None else garment_members(objects),
        "category": category,
        "token": token,
    }


def finished(index: OpenIndex, page: Page, query: SearchQuery, *, searched_for: dict[str, object]) -> FinishedAnswer:
    """The answer to a search, but for what each request has of its own."""
    members: dict[str, object] = {
        "query": searched_for,
        "index": index.summary,
        "items": index.views.hits(page.items, query.offset + 1),
        "total": page.total,
        "limit": query.limit,
        "offset": query.offset,
    }
    if page.facets is not None:
        members["facets"] = page.facets
    return FinishedAnswer.of(members)


def body_for(context: RequestContext, answer: FinishedAnswer, timing_ms: dict[str, float]) -> bytes:
    """The JSON of an answer for one request, whose total time is added."""
    timing_ms["total"] = round(context.elapsed_ms(), 2)
    return answer.body(context.request_id, timing_ms)


def response_to_keep(
    services: Services, request: Request, index: OpenIndex, answer: FinishedAnswer, *, timing_ms: dict[str, float]
) -> Response:
    """The response to a GET, which is remembered here, and which clients may keep."""
    etag = answer.etag
    remember(request.scope, index, answer, etag)
    context = context_of(request.scope)
    return services.rules.response(request, etag, lambda: body_for(context, answer, timing_ms))


def response(context: RequestContext, answer: FinishedAnswer, *, timing_ms: dict[str, float]) -> Response:
    """The response to one request."""
    return Response(body_for(context, answer, timing_ms), media_type=JSON_MEDIA_TYPE)

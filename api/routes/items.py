"""The catalogue's items, their pictures and their attributes."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.http import parameters
from api.http.answers import json_answer
from api.http.parameters import ParameterSet
from api.http.request_context import context_of
from api.items.open_index import OpenIndex
from api.items.queries import listing_query
from api.openapi.operations import PICTURE_RESPONSE, operation, problems
from api.openapi.schemas import Attributes, Item, Items
from api.services import Services
from index.query import ItemRecord

MAX_OFFSET = 10**12
LISTING = ParameterSet(
    (
        parameters.limit(),
        parameters.offset(MAX_OFFSET, "How many to pass over."),
        parameters.FILTER,
        parameters.EXCLUDE,
        parameters.SAMPLE,
        parameters.SEED,
    ),
    elsewhere={
        "min_score": "items of a list have no score; it belongs to the searches",
        "group_by": "it belongs to the searches",
        "facets": "it belongs to the searches",
    },
)
NONE = ParameterSet()

_PICTURE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class ItemRoutes:
    """Everything that is read from the open index alone."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._cache_control = f"{'private' if services.settings.api_keys else 'public'}, max-age=86400"

    def add_to(self, router: APIRouter) -> None:
        """Serve them; the order matters, for ids may hold slashes."""
        router.add_api_route(
            "/items/{id:path}/image",
            self.image,
            methods=["GET"],
            response_class=Response,
            tags=["items"],
            operation_id="item_image",
            summary="The picture of an item",
            responses={**PICTURE_RESPONSE, **problems(400, 401, 404, 500, 503)},
            openapi_extra=operation(NONE, path=("id",)),
        )
        router.add_api_route(
            "/items",
            self.items,
            methods=["GET"],
            response_model=Items,
            tags=["items"],
            operation_id="items",
            summary="Items of the catalogue",
            responses=problems(400, 401, 500, 503),
            openapi_extra=operation(LISTING),
        )
        router.add_api_route(
            "/items/{id:path}",
            self.item,
            methods=["GET"],
            response_model=Item,
            tags=["items"],
            operation_id="item",
            summary="One item",
            responses=problems(400, 401, 404, 500, 503),
            openapi_extra=operation(NONE, path=("id",)),
        )
        router.add_api_route(
            "/attributes",
            self.attributes,
            methods=["GET"],
            response_model=Attributes,
            tags=["items"],
            operation_id="attributes",
            summary="What can be filtered by",
            responses=problems(400, 401, 500, 503),
            openapi_extra=operation(NONE),
        )

    async def items(self, request: Request) -> Response:
        """Items in catalogue order, or in a random order that its seed repeats."""
        values = LISTING.read(request.scope["query_string"])
        index = self._services.index()
        query = listing_query(values)
        listing = await self._services.asking.ask(index.searcher, query, lambda: index.searcher.listing(query))
        answer: dict[str, object] = {
            "request_id": context_of(request.scope).request_id,
            "index": index.summary,
        }
        if query.seed is not None:
            answer["seed"] = query.seed
        answer["items"] = [index.views.listed(item) for item in listing.items]
        answer.update(total=listing.total, limit=query.limit, offset=query.offset)
        return json_answer(answer)

    async def item(self, request: Request) -> Response:
        """One item with its attributes."""
        NONE.read(request.scope["query_string"])
        index = self._services.index()
        return json_answer(index.views.listed(await self._item(index, request)))

    async def image(self, request: Request) -> Response:
        """The picture of an item as it lies in the catalogue."""
        NONE.read(request.scope["query_string"])
        index = self._services.index()
        item = await self._item(index, request)
        known = _known_tags(request.headers.get("if-none-match"))
        picture = await run_in_threadpool(index.pictures.fetch, item, known_tags=known)
        headers = {"ETag": picture.etag, "Cache-Control": self._cache_control, **_PICTURE_HEADERS}
        if picture.data is None:
            return Response(status_code=304, headers=headers)
        return Response(picture.data, headers={**headers, "Content-Type": picture.media_type})

    async def attributes(self, request: Request) -> Response:
        """Every attribute with its kind and how many items have each value."""
        NONE.read(request.scope["query_string"])
        return json_answer({"attributes": self._services.index().attributes})

    async def _item(self, index: OpenIndex, request: Request) -> ItemRecord:
        item_id: str = request.scope["path_params"]["id"]
        return await self._services.asking.ask(index.searcher, None, lambda: index.searcher.item(item_id))


def _known_tags(if_none_match: str | None) -> frozenset[str]:
    if if_none_match is None:
        return frozenset()
    # If-None-Match compares weakly (RFC 9110, section 13.1.2), and proxies weaken tags.
    return frozenset(tag.strip().removeprefix("W/") for tag in if_none_match.split(","))

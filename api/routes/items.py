"""The catalogue's items, their pictures and their attributes."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.http import parameters
from api.http.answers import json_answer
from api.http.parameters import ParameterSet
from api.http.problems import ServiceProblem
from api.http.request_context import context_of
from api.items.listing import catalogue_page, draw_seed, random_page
from api.openapi.operations import PICTURE_RESPONSE, operation, problems
from api.openapi.schemas import Attributes, Item, Items
from api.services import Services

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
        query = LISTING.read(request.scope["query_string"])
        limit, offset, seed = query["limit"], query["offset"], query["seed"]
        index = self._services.index()
        bundle = index.bundle
        if query["sample"] is None and seed is not None:
            raise ServiceProblem("invalid_parameter", "'seed' goes with sample=random; add that or leave it out")
        selected = bundle.attributes.select(query["filter"], query["exclude"])
        answer: dict[str, object] = {
            "request_id": context_of(request.scope).request_id,
            "index": index.summary,
        }
        if query["sample"] is None:
            page = catalogue_page(len(bundle.items), selected, limit=limit, offset=offset)
        else:
            seed = draw_seed() if seed is None else seed
            page = random_page(index.orders.order(seed), selected, limit=limit, offset=offset)
            answer["seed"] = seed
        answer["items"] = [index.views.listed(row) for row in page.rows]
        answer.update(total=page.total, limit=limit, offset=offset)
        return json_answer(answer)

    async def item(self, request: Request) -> Response:
        """One item with its attributes."""
        NONE.read(request.scope["query_string"])
        index = self._services.index()
        return json_answer(index.views.listed(index.row(request.scope["path_params"]["id"])))

    async def image(self, request: Request) -> Response:
        """The picture of an item as it lies in the catalogue."""
        NONE.read(request.scope["query_string"])
        index = self._services.index()
        row = index.row(request.scope["path_params"]["id"])
        known = _known_tags(request.headers.get("if-none-match"))
        picture = await run_in_threadpool(index.pictures.fetch, row, known_tags=known)
        headers = {"ETag": picture.etag, "Cache-Control": self._cache_control, **_PICTURE_HEADERS}
        if picture.data is None:
            return Response(status_code=304, headers=headers)
        return Response(picture.data, headers={**headers, "Content-Type": picture.media_type})

    async def attributes(self, request: Request) -> Response:
        """Every attribute with its kind and how many items have each value."""
        NONE.read(request.scope["query_string"])
        return json_answer({"attributes": self._services.index().attributes})


def _known_tags(if_none_match: str | None) -> frozenset[str]:
    if if_none_match is None:
        return frozenset()
    # If-None-Match compares weakly (RFC 9110, section 13.1.2), and proxies weaken tags.
    return frozenset(tag.strip().removeprefix("W/") for tag in if_none_match.split(","))

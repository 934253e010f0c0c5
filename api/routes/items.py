"""The catalogue's items, their pictures and their attributes."""

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.http.answers import json_answer
from api.http.conditional import KnownTags
from api.http.problems import ServiceProblem
from api.http.request_context import context_of
from api.http.route import Route, Values
from api.items.listing import catalogue_page, draw_seed, random_page
from api.openapi.operations import PICTURE_RESPONSE
from api.openapi.schemas import Attributes, Item, Items
from api.routes import query_parameters
from api.routes.services import Services

MAX_OFFSET = 10**12

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

    def routes(self) -> tuple[Route, ...]:
        """What is served; the order matters, for ids may hold slashes."""
        return (
            Route(
                method="GET",
                path="/items/{id:path}/image",
                handler=self.image,
                operation_id="item_image",
                tag="items",
                summary="The picture of an item",
                answer=None,
                responses=PICTURE_RESPONSE,
                problems=(400, 401, 404, 500, 503),
            ),
            Route(
                method="GET",
                path="/items",
                handler=self.items,
                parameters=(
                    query_parameters.limit(),
                    query_parameters.offset(MAX_OFFSET, "How many to pass over."),
                    query_parameters.FILTER,
                    query_parameters.EXCLUDE,
                    query_parameters.SAMPLE,
                    query_parameters.SEED,
                ),
                operation_id="items",
                tag="items",
                summary="Items of the catalogue",
                answer=Items,
                problems=(400, 401, 500, 503),
            ),
            Route(
                method="GET",
                path="/items/{id:path}",
                handler=self.item,
                operation_id="item",
                tag="items",
                summary="One item",
                answer=Item,
                problems=(400, 401, 404, 500, 503),
            ),
            Route(
                method="GET",
                path="/attributes",
                handler=self.attributes,
                operation_id="attributes",
                tag="items",
                summary="What can be filtered by",
                answer=Attributes,
                problems=(400, 401, 500, 503),
            ),
        )

    async def items(self, request: Request, query: Values) -> Response:
        """Items in catalogue order, or in a random order that its seed repeats."""
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

    async def item(self, _request: Request, values: Values) -> Response:
        """One item with its attributes."""
        index = self._services.index()
        return json_answer(index.views.listed(index.row(values["id"])))

    async def image(self, request: Request, values: Values) -> Response:
        """The picture of an item as it lies in the catalogue."""
        index = self._services.index()
        row = index.row(values["id"])
        picture = await run_in_threadpool(index.pictures.fetch, row, known_tags=KnownTags(request))
        headers = {"ETag": picture.etag, "Cache-Control": self._cache_control, **_PICTURE_HEADERS}
        if picture.data is None:
            return Response(status_code=304, headers=headers)
        return Response(picture.data, headers={**headers, "Content-Type": picture.media_type})

    async def attributes(self, _request: Request, _values: Values) -> Response:
        """Every attribute with its kind and how many items have each value."""
        return json_answer({"attributes": self._services.index().attributes})

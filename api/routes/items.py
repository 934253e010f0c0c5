"""The catalogue's items, their pictures and their attributes."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeVar

from fastapi import Request
from starlette.responses import Response

from api.http.accept import preferred
from api.http.answers import json_bytes
from api.http.conditional import KnownTags
from api.http.entity_tag import tag_of
from api.http.request_context import context_of
from api.http.route import Route, Values
from api.items.open_index import OpenIndex
from api.items.queries import chosen_fields, listing_query, values_query
from api.openapi.operations import KEPT_RESPONSE, PICTURE_RESPONSE
from api.openapi.schemas import Attributes, Item, Items
from api.routes import query_parameters
from api.routes.services import Services
from index.query import ItemRecord, ValuesQuery
from pictures.thumbnail import JPEG, THUMBNAIL_FORMATS

MAX_OFFSET = 10**12

_Answer = TypeVar("_Answer")

_FORMATS = {known.media_type: known for known in THUMBNAIL_FORMATS}
_PICTURE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


class ItemRoutes:
    """Routes that need only the open index."""

    def __init__(self, services: Services) -> None:
        self._services = services
        settings = services.settings
        self._cache_control = (
            f"{'private' if settings.api_keys and not settings.open_pictures else 'public'}, max-age=86400"
        )

    def routes(self) -> tuple[Route, ...]:
        """The routes of this group; their order matters, because ids may contain slashes."""
        return (
            Route(
                method="GET",
                path="/items/{id:path}/image",
                handler=self.image,
                parameters=(query_parameters.WIDTH,),
                operation_id="item_image",
                tag="items",
                summary="The picture of an item",
                answer=None,
                responses=PICTURE_RESPONSE,
                problems=(400, 401, 404, 422, 500, 503),
            ),
            Route(
                method="GET",
                path="/items",
                handler=self.items,
                parameters=(
                    query_parameters.limit(),
                    query_parameters.offset(MAX_OFFSET, "Number of items to skip."),
                    query_parameters.FILTER,
                    query_parameters.EXCLUDE,
                    query_parameters.SAMPLE,
                    query_parameters.SEED,
                    query_parameters.FIELDS,
                ),
                operation_id="items",
                tag="items",
                summary="Items of the catalogue",
                answer=Items,
                responses=KEPT_RESPONSE,
                problems=(400, 401, 500, 503),
            ),
            Route(
                method="GET",
                path="/items/{id:path}",
                handler=self.item,
                parameters=(query_parameters.FIELDS,),
                operation_id="item",
                tag="items",
                summary="One item",
                answer=Item,
                responses=KEPT_RESPONSE,
                problems=(400, 401, 404, 500, 503),
            ),
            Route(
                method="GET",
                path="/attributes",
                handler=self.attributes,
                parameters=(query_parameters.FIELD, query_parameters.PREFIX, query_parameters.FOUND_LIMIT),
                operation_id="attributes",
                tag="items",
                summary="Attributes to filter by",
                answer=Attributes,
                responses=KEPT_RESPONSE,
                problems=(400, 401, 500, 503),
            ),
        )

    async def items(self, request: Request, values: Values) -> Response:
        """Items in catalogue order, or in a random order that can be repeated with its seed."""
        index = self._services.index()
        query = listing_query(values)
        listing = await self._services.asking.ask(index.searcher, query, lambda: index.searcher.listing(query))
        members: dict[str, object] = {"index": index.summary}
        if query.seed is not None:
            members["seed"] = query.seed
        members["items"] = [index.views.listed(item) for item in listing.items]
        members.update(total=listing.total, limit=query.limit, offset=query.offset)
        answer = json_bytes(members)
        first = json_bytes({"request_id": context_of(request.scope).request_id})
        return self._services.rules.response(
            request,
            tag_of(answer),
            lambda: b"%b,%b" % (first[:-1], answer[1:]),
            # The same URL is answered with another order next time.
            lasting=query.seed is None or values["seed"] is not None,
        )

    async def item(self, request: Request, values: Values) -> Response:
        """One item with its attributes."""
        index = self._services.index()
        item = await self._item(index, values["id"], chosen_fields(values))
        return self._answer(request, index.views.listed(item))

    async def image(self, request: Request, values: Values) -> Response:
        """The picture of an item, as it is in the catalogue or made smaller."""
        index = self._services.index()
        item = await self._item(index, values["id"])
        if values["width"] is not None:
            return await self._thumbnail(request, index, item, values["width"])
        fetch = partial(index.pictures.fetch, item, known_tags=KnownTags(request))
        picture = await index.pictures.run(item, fetch)
        headers = {"ETag": picture.etag, "Cache-Control": self._cache_control, **_PICTURE_HEADERS}
        if picture.data is None:
            return Response(status_code=304, headers=headers)
        return Response(picture.data, headers={**headers, "Content-Type": picture.media_type})

    async def _thumbnail(self, request: Request, index: OpenIndex, item: ItemRecord, width: int) -> Response:
        media_type = preferred(request, list(_FORMATS), otherwise=JPEG.media_type)
        found = await self._services.thumbnails.of(request, index.pictures, item, width, _FORMATS[media_type])
        headers = {"ETag": found.etag, "Cache-Control": self._cache_control, "Vary": "Accept", **_PICTURE_HEADERS}
        if found.etag in KnownTags(request):
            return Response(status_code=304, headers=headers)
        return Response(found.data, headers={**headers, "Content-Type": found.media_type})

    async def attributes(self, request: Request, values: Values) -> Response:
        """All attributes, with their kind and their most frequent values; or the values of one that begin alike."""
        index = self._services.index()
        query = values_query(values)
        if query is None:
            attributes = await self._columns(index, lambda: index.columns.json)
            return self._answer(request, {"attributes": attributes})
        columns = await self._columns(index, lambda: index.columns.by_name)
        found = await self._services.asking.ask(index.searcher, query, lambda: index.searcher.values(query))
        return self._answer(request, {"attributes": {query.field: {**columns[query.field], "values": found}}})

    async def _columns(self, index: OpenIndex, describe: Callable[[], _Answer]) -> _Answer:
        # It takes as long as finding all values of a column.
        return await self._services.asking.ask(index.searcher, ValuesQuery(""), describe)

    def _answer(self, request: Request, content: Mapping[str, object]) -> Response:
        body = json_bytes(content)
        return self._services.rules.response(request, tag_of(body), lambda: body)

    async def _item(self, index: OpenIndex, item_id: str, fields: Sequence[str] | None = None) -> ItemRecord:
        return await self._services.asking.ask(index.searcher, None, lambda: index.searcher.item(item_id, fields))

"""Changing an item of the live catalogue."""

from typing import Any, Final

import orjson
from fastapi import Request
from starlette.responses import Response

from api.http.answers import json_answer
from api.http.body import announced_bytes, read_body
from api.http.disconnects import unless_disconnected
from api.http.problems import ServiceProblem
from api.http.request_context import context_of
from api.http.route import Route, Values
from api.live.item_body import SentItem, check_media_type, checked_picture, read_item, read_patch
from api.live.item_ids import written_id
from api.live.live import Live
from api.live.permission import check_may_write
from api.live.preconditions import entity_tag, expected_by
from api.live.turns import Shown
from api.live.writing import content_of
from api.openapi.changes import CONDITIONS, ITEM_BODY, PATCH_BODY, TAG_HEADER
from api.openapi.schemas import ChangedItem
from api.routes.services import Services
from catalogue.items import Delete, Expected, Patch, Put
from contracts.errors import EmbeddingMissingError
from contracts.items import RESERVED_LAST_SEGMENTS
from index.query import ListedItem

_PROBLEMS: Final = (400, 401, 403, 404, 412, 413, 415, 422, 429, 500, 503, 504)
_WITHOUT_PICTURE: Final = (400, 401, 403, 404, 412, 413, 415, 429, 500, 503)
# An index of another network may take over while a picture is embedded, but hardly twice.
_MOST_TRIES: Final = 3
# What stands below an item is not an item.
_NOT_LAST: Final = tuple(sorted(RESERVED_LAST_SEGMENTS))


class ChangeRoutes:
    """PUT, PATCH and DELETE of an item; each is durable and visible once it is answered.

    Args:
        services: of the application.
        live: its live catalogue.
    """

    def __init__(self, services: Services, live: Live) -> None:
        self._services = services
        self._live = live

    def routes(self) -> tuple[Route, ...]:
        """The routes of this group."""
        return (
            Route(
                method="PUT",
                path="/items/{id:path}",
                not_last=_NOT_LAST,
                handler=self.put,
                headers=CONDITIONS,
                body=ITEM_BODY,
                operation_id="put_item",
                tag="live catalogue",
                summary="Add or replace an item",
                description=(
                    "Sets the picture and all attributes of an item, whether it exists or not. Once this is answered, "
                    "the item is stored and found by searches; in other processes within a second. Metadata of the "
                    "picture, such as the place where it was taken, is not kept. A picture that was seen before needs "
                    "no worker. The same item again changes nothing: `changed` is false then."
                ),
                answer=ChangedItem,
                responses={
                    200: {**TAG_HEADER, "description": "The item was replaced, or is the same already."},
                    201: {**TAG_HEADER, "model": ChangedItem, "description": "There was no such item before."},
                },
                problems=_PROBLEMS,
            ),
            Route(
                method="PATCH",
                path="/items/{id:path}",
                not_last=_NOT_LAST,
                handler=self.patch,
                headers=CONDITIONS,
                body=PATCH_BODY,
                operation_id="patch_item",
                tag="live catalogue",
                summary="Change attributes of an item",
                description=(
                    "A JSON merge patch (RFC 7396) of the attributes: what is named is set, null removes, all else "
                    "stays. It needs neither Redis nor a worker."
                ),
                answer=ChangedItem,
                responses={200: {**TAG_HEADER, "description": "The item as it is now."}},
                problems=_WITHOUT_PICTURE,
            ),
            Route(
                method="DELETE",
                path="/items/{id:path}",
                not_last=_NOT_LAST,
                handler=self.delete,
                headers=CONDITIONS,
                operation_id="delete_item",
                tag="live catalogue",
                summary="Remove an item",
                description=(
                    "Once this is answered, the item is not found any more. It needs neither Redis nor a worker."
                ),
                answer=None,
                status=204,
                responses={204: {"description": "The item was removed."}},
                problems=(400, 401, 403, 404, 412, 429, 500, 503),
            ),
        )

    async def put(self, request: Request, values: Values) -> Response:
        """Add or replace an item."""
        item_id, expected = self._begin(request, values)
        check_media_type(request.headers.get("content-type"), "PUT")
        self._live.writing.check_room()
        announced_bytes(request, self._services.settings)
        await self._live.writing.check_expected(item_id, expected)
        with self._services.bodies.share() as share:
            body = await read_body(request, self._services.settings, share)
            shown = await unless_disconnected(request, self._put(request, body, item_id, expected))
        return self._answer(request, shown)

    async def _put(self, request: Request, body: bytearray, item_id: str, expected: Expected) -> Shown:
        most_bytes = self._services.settings.max_upload_bytes
        content_type = request.headers.get("content-type")
        sent = await self._services.checks.run(read_item, content_type, body, most_bytes, body_bytes=len(body))
        picture = await self._picture(sent)
        content = content_of(picture)
        for _ in range(_MOST_TRIES):
            index = self._services.index()
            embedding = None
            if not await self._live.writing.knows(content, index.model_version):
                embedding = await self._live.embedder.embed(index, picture)
            if index.model_version != self._services.index().model_version:
                continue
            # Only now, so that a picture that cannot be embedded is never stored.
            image = await self._live.writing.keep_picture(picture)
            put = Put(item_id, image, None, content, sent.attributes, embedding, index.model_version)
            try:
                return await self._live.writing.write(put, expected)
            except EmbeddingMissingError:
                # The item that had this picture is gone since, and its embedding with it.
                continue
        raise ServiceProblem(
            "catalogue_unavailable", "the index was replaced meanwhile; nothing was changed, try again"
        )

    async def _picture(self, sent: SentItem) -> bytes:
        if sent.picture is not None:
            return sent.picture
        fetched = await self._services.addresses.picture(sent.address or "")
        most_bytes = self._services.settings.max_upload_bytes
        return await self._services.checks.run(checked_picture, fetched, most_bytes, body_bytes=len(fetched))

    async def patch(self, request: Request, values: Values) -> Response:
        """Change attributes of an item."""
        item_id, expected = self._begin(request, values)
        check_media_type(request.headers.get("content-type"), "PATCH")
        self._live.writing.check_room()
        with self._services.bodies.share() as share:
            body = await read_body(request, self._services.settings, share)
            attributes = await self._services.checks.run(read_patch, body, body_bytes=len(body))
        return self._answer(request, await self._live.writing.write(Patch(item_id, attributes), expected))

    async def delete(self, request: Request, values: Values) -> Response:
        """Remove an item."""
        item_id, expected = self._begin(request, values)
        self._live.writing.check_room()
        await self._live.writing.write(Delete(item_id), expected)
        return Response(status_code=204)

    def _begin(self, request: Request, values: Values) -> tuple[str, Expected]:
        check_may_write(request.scope, self._services.settings)
        return written_id(request.scope, values["id"]), expected_by(request.headers)

    def _answer(self, request: Request, shown: Shown) -> Response:
        item, index = shown.written.item, shown.index
        members: dict[str, Any] = {
            "request_id": context_of(request.scope).request_id,
            "item": index.views.listed(ListedItem(item.id, orjson.dumps(dict(item.attributes)))),
            "version": item.version,
            "sequence": shown.written.sequence,
            "changed": shown.written.changed,
        }
        return json_answer(
            members, status=201 if shown.written.created else 200, headers={"ETag": entity_tag(item.version)}
        )

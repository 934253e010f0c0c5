"""The client for an event loop; `client` describes its methods."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from types import TracebackType
from typing import Literal, Self, Unpack

import httpx2

from lookalike_client import searches
from lookalike_client.async_sending import AsyncSender
from lookalike_client.calls import changes, imports, items, jobs, searching
from lookalike_client.calls.items import PictureWidth
from lookalike_client.calls.searching import SearchOptions
from lookalike_client.conditions import Conditions
from lookalike_client.feeds import Feed
from lookalike_client.pages import embedding_pages, import_error_pages, item_pages, job_error_pages
from lookalike_client.photos import Photo, read_photo
from lookalike_client.polling import import_ended, job_ended
from lookalike_client.results.imports import Import, ImportList, RowError
from lookalike_client.results.items import Attribute, ChangedItem, Item, ItemPage, Picture
from lookalike_client.results.jobs import Job, JobError, JobResult
from lookalike_client.results.searches import Box, SimilarItem, SimilarItems
from lookalike_client.retrying import Retries
from lookalike_client.service import Service


class AsyncClient:
    """As `Client`, for asyncio: methods are awaited, and `iter_` methods are for `async for`.

    Make one for each event loop; close it, or use it in an `async with` statement. A cancelled call closes its
    connection. Files are read, and photos made smaller, in threads.
    """

    def __init__(
        self,
        base_url: str,
        *,
        key: str | None = None,
        timeout_s: float = 15.0,
        deadline_s: float = 45.0,
        retries: Retries | None = None,
        shrink_to_px: int | None = None,
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        self._service = Service(base_url.rstrip("/"), key, timeout_s, deadline_s, retries or Retries(), shrink_to_px)
        self._sender = AsyncSender(self._service, http)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._service.base_url!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """As `Client.close`."""
        await self._sender.close()

    async def similar_to_photo(
        self, photo: Photo, *, box: Box | None = None, detect: bool = True, **options: Unpack[SearchOptions]
    ) -> SimilarItems:
        """As `Client.similar_to_photo`."""
        sent = await asyncio.to_thread(read_photo, photo, shrink_to_px=self._service.shrink_to_px)
        return await self._sender.send(searching.similar_to_photo(sent, box=box, detect=detect, **options))

    async def similar_to_item(
        self, item_id: str, *, exclude_self: bool = True, **options: Unpack[SearchOptions]
    ) -> SimilarItems:
        """As `Client.similar_to_item`."""
        return await self._sender.send(searching.similar_to_item(item_id, exclude_self=exclude_self, **options))

    async def similar_by_token(self, token: str, **options: Unpack[SearchOptions]) -> SimilarItems:
        """As `Client.similar_by_token`."""
        return await self._sender.send(searching.similar_by_token(token, **options))

    async def iter_similar_to_photo(
        self,
        photo: Photo,
        *,
        box: Box | None = None,
        detect: bool = True,
        page_size: int = 100,
        **options: Unpack[SearchOptions],
    ) -> AsyncIterator[SimilarItem]:
        """As `Client.iter_similar_to_photo`."""
        sent = await asyncio.to_thread(read_photo, photo, shrink_to_px=self._service.shrink_to_px)
        async for item in self._sender.walk(
            searches.of_photo(sent, box, detect=detect, page_size=page_size, **options)
        ):
            yield item

    def iter_similar_to_item(
        self, item_id: str, *, exclude_self: bool = True, page_size: int = 100, **options: Unpack[SearchOptions]
    ) -> AsyncIterator[SimilarItem]:
        """As `Client.iter_similar_to_item`."""
        return self._sender.walk(searches.of_item(item_id, exclude_self=exclude_self, page_size=page_size, **options))

    def iter_similar_by_token(
        self, token: str, *, page_size: int = 100, **options: Unpack[SearchOptions]
    ) -> AsyncIterator[SimilarItem]:
        """As `Client.iter_similar_by_token`."""
        return self._sender.walk(searches.of_token(token, page_size=page_size, **options))

    async def item(self, item_id: str, *, fields: str | Iterable[str] | None = None) -> Item:
        """As `Client.item`."""
        return await self._sender.send(items.item(item_id, fields))

    async def items(
        self,
        *,
        limit: int | None = None,
        offset: int | None = None,
        filters: Conditions = (),
        exclude: Conditions = (),
        sample: Literal["random"] | None = None,
        seed: int | None = None,
        fields: str | Iterable[str] | None = None,
    ) -> ItemPage:
        """As `Client.items`."""
        return await self._sender.send(
            items.items(
                limit=limit, offset=offset, filters=filters, exclude=exclude, sample=sample, seed=seed, fields=fields
            )
        )

    def iter_items(
        self,
        *,
        page_size: int = 100,
        filters: Conditions = (),
        exclude: Conditions = (),
        sample: Literal["random"] | None = None,
        seed: int | None = None,
        fields: str | Iterable[str] | None = None,
    ) -> AsyncIterator[Item]:
        """As `Client.iter_items`."""
        return self._sender.walk(
            item_pages(page_size=page_size, filters=filters, exclude=exclude, sample=sample, seed=seed, fields=fields)
        )

    async def picture(self, item_id: str, *, width: PictureWidth | None = None) -> Picture:
        """As `Client.picture`."""
        return await self._sender.send(items.picture(item_id, width))

    def picture_url(self, item: Item, *, width: PictureWidth | None = None, key: str | None = None) -> str:
        """As `Client.picture_url`."""
        return self._service.picture_url(item, width, key)

    async def attributes(self) -> Mapping[str, Attribute]:
        """As `Client.attributes`."""
        return await self._sender.send(items.attributes())

    async def attribute_values(
        self, field: str, *, prefix: str | None = None, limit: int | None = None
    ) -> Mapping[str, int]:
        """As `Client.attribute_values`."""
        return await self._sender.send(items.attribute_values(field, prefix, limit))

    async def upsert_item(
        self,
        item_id: str,
        photo: Photo,
        attributes: Mapping[str, changes.AttributeValue],
        *,
        if_match: str | None = None,
        if_absent: bool = False,
    ) -> ChangedItem:
        """As `Client.upsert_item`."""
        call = changes.upsert_item(
            item_id, await asyncio.to_thread(read_photo, photo), attributes, if_match=if_match, if_absent=if_absent
        )
        return await self._sender.send(call)

    async def patch_item(
        self, item_id: str, attributes: Mapping[str, changes.AttributeValue], *, if_match: str | None = None
    ) -> ChangedItem:
        """As `Client.patch_item`."""
        return await self._sender.send(changes.patch_item(item_id, attributes, if_match=if_match))

    async def delete_item(self, item_id: str, *, if_match: str | None = None, missing_ok: bool = False) -> None:
        """As `Client.delete_item`."""
        await self._sender.send(changes.delete_item(item_id, if_match=if_match, missing_ok=missing_ok))

    async def start_import(
        self,
        feed: Feed,
        *,
        mode: imports.ImportMode = "upsert",
        max_removed: float | None = None,
        feed_format: imports.FeedFormat | None = None,
        idempotency_key: str | None = None,
        deadline_s: float = 900.0,
    ) -> Import:
        """As `Client.start_import`."""
        call = await asyncio.to_thread(
            imports.start_import,
            feed,
            mode=mode,
            max_removed=max_removed,
            feed_format=feed_format,
            idempotency_key=idempotency_key,
        )
        return await self._sender.send(call, deadline_s=deadline_s)

    async def import_status(self, import_id: str) -> Import:
        """As `Client.import_status`."""
        return await self._sender.send(imports.import_status(import_id))

    async def latest_imports(self, *, limit: int | None = None) -> ImportList:
        """As `Client.latest_imports`."""
        return await self._sender.send(imports.latest_imports(limit))

    async def wait_for_import(self, import_id: str, *, deadline_s: float = 3600.0, visible: bool = True) -> Import:
        """As `Client.wait_for_import`."""
        return await self._sender.poll(
            imports.import_status(import_id), lambda record: import_ended(record, visible=visible), deadline_s
        )

    def iter_import_errors(self, import_id: str) -> AsyncIterator[RowError]:
        """As `Client.iter_import_errors`."""
        return self._sender.walk(import_error_pages(import_id, 1000))

    async def start_item_embeddings(self, item_ids: Iterable[str]) -> Job:
        """As `Client.start_item_embeddings`."""
        return await self._sender.send(jobs.start_item_embeddings(item_ids))

    async def start_photo_embeddings(self, photos: Iterable[Photo]) -> Job:
        """As `Client.start_photo_embeddings`."""
        return await self._sender.send(
            jobs.start_photo_embeddings([await asyncio.to_thread(read_photo, photo) for photo in photos])
        )

    async def job(self, job_id: str, *, limit: int | None = None, offset: int | None = None) -> Job:
        """As `Client.job`."""
        return await self._sender.send(jobs.job(job_id, limit=limit, offset=offset))

    async def wait_for_job(self, job_id: str, *, deadline_s: float = 3600.0) -> Job:
        """As `Client.wait_for_job`."""
        return await self._sender.poll(jobs.job(job_id, limit=1), job_ended, deadline_s)

    def iter_embeddings(self, job_id: str, *, page_size: int = 100) -> AsyncIterator[JobResult]:
        """As `Client.iter_embeddings`."""
        return self._sender.walk(embedding_pages(job_id, page_size))

    def iter_job_errors(self, job_id: str, *, page_size: int = 100) -> AsyncIterator[JobError]:
        """As `Client.iter_job_errors`."""
        return self._sender.walk(job_error_pages(job_id, page_size))

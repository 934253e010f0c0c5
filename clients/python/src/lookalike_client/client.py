"""The client for threads; `async_client` has the same methods for an event loop."""

from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Literal, Self, Unpack

import httpx2

from lookalike_client import searches
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
from lookalike_client.sending import Sender
from lookalike_client.service import Service


class Client:
    """A Lookalike service. Make one and share it between threads; close it, or use it in a `with` statement.

    Every method raises a `LookalikeError` if it does not succeed; `lookalike_client.errors` draws their tree. What
    takes `SearchOptions` has their keys as keyword arguments.

    Args:
        base_url: of the service, such as `https://search.shop.example`.
        key: API key; a secret one for anything but searching and reading.
        timeout_s: longest silence of the service, seconds.
        deadline_s: longest time of a call with all its tries and waits, seconds.
        retries: when a call is sent again.
        shrink_to_px: longest side of photos that are searched for; needs Pillow. 1,024 hardly change scores. None: as
            they are.
        http: a client of your own, for a proxy or certificates; it is not closed.

    Raises:
        ValueError: an argument is not valid.
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
        http: httpx2.Client | None = None,
    ) -> None:
        self._service = Service(base_url.rstrip("/"), key, timeout_s, deadline_s, retries or Retries(), shrink_to_px)
        self._sender = Sender(self._service, http)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._service.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._sender.close()

    def similar_to_photo(
        self, photo: Photo, *, box: Box | None = None, detect: bool = True, **options: Unpack[SearchOptions]
    ) -> SimilarItems:
        """Items that look like a photo, which is not kept.

        Args:
            photo: a `pathlib.Path`, bytes, an open file, or a URL that the service fetches if its operator allows
                that.
            box: part of the photo to search for; None: the most prominent garment, or all of it.
            detect: whether to look for garments.
            options: of the search.
        """
        sent = read_photo(photo, shrink_to_px=self._service.shrink_to_px)
        return self._sender.send(searching.similar_to_photo(sent, box=box, detect=detect, **options))

    def similar_to_item(
        self, item_id: str, *, exclude_self: bool = True, **options: Unpack[SearchOptions]
    ) -> SimilarItems:
        """Items that look like an item."""
        return self._sender.send(searching.similar_to_item(item_id, exclude_self=exclude_self, **options))

    def similar_by_token(self, token: str, **options: Unpack[SearchOptions]) -> SimilarItems:
        """Items that look like a photo that was sent before: `token` is that of its answer's `query`."""
        return self._sender.send(searching.similar_by_token(token, **options))

    def iter_similar_to_photo(
        self,
        photo: Photo,
        *,
        box: Box | None = None,
        detect: bool = True,
        page_size: int = 100,
        **options: Unpack[SearchOptions],
    ) -> Iterator[SimilarItem]:
        """All items that look like a photo, or `limit` of them, at most 1,000; the photo is sent once."""
        sent = read_photo(photo, shrink_to_px=self._service.shrink_to_px)
        yield from self._sender.walk(searches.of_photo(sent, box, detect=detect, page_size=page_size, **options))

    def iter_similar_to_item(
        self, item_id: str, *, exclude_self: bool = True, page_size: int = 100, **options: Unpack[SearchOptions]
    ) -> Iterator[SimilarItem]:
        """All items that look like an item, or `limit` of them, at most 1,000."""
        return self._sender.walk(searches.of_item(item_id, exclude_self=exclude_self, page_size=page_size, **options))

    def iter_similar_by_token(
        self, token: str, *, page_size: int = 100, **options: Unpack[SearchOptions]
    ) -> Iterator[SimilarItem]:
        """All items that look like a photo that was sent before, or `limit` of them, at most 1,000."""
        return self._sender.walk(searches.of_token(token, page_size=page_size, **options))

    def item(self, item_id: str, *, fields: str | Iterable[str] | None = None) -> Item:
        """One item."""
        return self._sender.send(items.item(item_id, fields))

    def items(
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
        """A page of the catalogue, in its order or in a random one that `seed` repeats."""
        return self._sender.send(
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
    ) -> Iterator[Item]:
        """All items. If the catalogue changes meanwhile, some may come twice or not at all."""
        return self._sender.walk(
            item_pages(page_size=page_size, filters=filters, exclude=exclude, sample=sample, seed=seed, fields=fields)
        )

    def picture(self, item_id: str, *, width: PictureWidth | None = None) -> Picture:
        """The picture of an item; with a `width`, a smaller one."""
        return self._sender.send(items.picture(item_id, width))

    def picture_url(self, item: Item, *, width: PictureWidth | None = None, key: str | None = None) -> str:
        """The absolute URL of an item's picture.

        Args:
            item: of an answer.
            width: of the picture; only for pictures that the service itself serves, as `key`.
            key: a publishable key, for a page that a browser shows. Never a secret one: URLs end up in logs.
        """
        return self._service.picture_url(item, width, key)

    def attributes(self) -> Mapping[str, Attribute]:
        """All attributes by their names, with their most frequent values."""
        return self._sender.send(items.attributes())

    def attribute_values(self, field: str, *, prefix: str | None = None, limit: int | None = None) -> Mapping[str, int]:
        """Values of an attribute that begin with `prefix`, and how many items have them."""
        return self._sender.send(items.attribute_values(field, prefix, limit))

    def upsert_item(
        self,
        item_id: str,
        photo: Photo,
        attributes: Mapping[str, changes.AttributeValue],
        *,
        if_match: str | None = None,
        if_absent: bool = False,
    ) -> ChangedItem:
        """Add an item, or replace its picture and all its attributes.

        Args:
            item_id: of the item.
            photo: its picture; sent as it is, or fetched by the service.
            attributes: name -> value.
            if_match: `etag` of a `ChangedItem`: only if nobody has changed the item since.
            if_absent: only if there is no such item.
        """
        call = changes.upsert_item(item_id, read_photo(photo), attributes, if_match=if_match, if_absent=if_absent)
        return self._sender.send(call)

    def patch_item(
        self, item_id: str, attributes: Mapping[str, changes.AttributeValue], *, if_match: str | None = None
    ) -> ChangedItem:
        """Set some attributes of an item; None removes one."""
        return self._sender.send(changes.patch_item(item_id, attributes, if_match=if_match))

    def delete_item(self, item_id: str, *, if_match: str | None = None, missing_ok: bool = False) -> None:
        """Remove an item; with `missing_ok`, it need not exist."""
        self._sender.send(changes.delete_item(item_id, if_match=if_match, missing_ok=missing_ok))

    def start_import(
        self,
        feed: Feed,
        *,
        mode: imports.ImportMode = "upsert",
        max_removed: float | None = None,
        feed_format: imports.FeedFormat | None = None,
        idempotency_key: str | None = None,
        deadline_s: float = 900.0,
    ) -> Import:
        """Import a whole feed; it goes on in the background.

        Args:
            feed: a `pathlib.Path`, bytes, an open file, or a URL that the service fetches.
            mode: `upsert`: put every row; `replace`: also remove all other items; `delete`: remove the rows' items.
            max_removed: share of the items that `replace` may remove; if it were more, the import fails.
            feed_format: None: from the name of the file.
            idempotency_key: the same key with the same feed is the same import; None: a new one.
            deadline_s: to send it, seconds.
        """
        call = imports.start_import(
            feed, mode=mode, max_removed=max_removed, feed_format=feed_format, idempotency_key=idempotency_key
        )
        return self._sender.send(call, deadline_s=deadline_s)

    def import_status(self, import_id: str) -> Import:
        """How far an import is, with its first 100 errors."""
        return self._sender.send(imports.import_status(import_id))

    def latest_imports(self, *, limit: int | None = None) -> ImportList:
        """The newest imports."""
        return self._sender.send(imports.latest_imports(limit))

    def wait_for_import(self, import_id: str, *, deadline_s: float = 3600.0, visible: bool = True) -> Import:
        """Wait until an import has ended; raises `ImportFailed` if it has failed.

        Args:
            import_id: of the import.
            deadline_s: seconds after which it raises `TimedOut`; the import goes on.
            visible: whether its changes must be served, too.
        """
        return self._sender.poll(
            imports.import_status(import_id), lambda record: import_ended(record, visible=visible), deadline_s
        )

    def iter_import_errors(self, import_id: str) -> Iterator[RowError]:
        """All rows of an import that could not be used."""
        return self._sender.walk(import_error_pages(import_id, 1000))

    def start_item_embeddings(self, item_ids: Iterable[str]) -> Job:
        """Embed the pictures of at most 10,000 items, in the background."""
        return self._sender.send(jobs.start_item_embeddings(item_ids))

    def start_photo_embeddings(self, photos: Iterable[Photo]) -> Job:
        """Embed at most 32 photos, of 10 MiB together, in the background; they cannot be URLs."""
        return self._sender.send(jobs.start_photo_embeddings([read_photo(photo) for photo in photos]))

    def job(self, job_id: str, *, limit: int | None = None, offset: int | None = None) -> Job:
        """Status of a job, and a page of its embeddings and errors."""
        return self._sender.send(jobs.job(job_id, limit=limit, offset=offset))

    def wait_for_job(self, job_id: str, *, deadline_s: float = 3600.0) -> Job:
        """Wait until a job has ended, and return it with its first embedding; raises `JobFailed` if it has failed."""
        return self._sender.poll(jobs.job(job_id, limit=1), job_ended, deadline_s)

    def iter_embeddings(self, job_id: str, *, page_size: int = 100) -> Iterator[JobResult]:
        """All embeddings of a job that has ended."""
        return self._sender.walk(embedding_pages(job_id, page_size))

    def iter_job_errors(self, job_id: str, *, page_size: int = 100) -> Iterator[JobError]:
        """All pictures without an embedding of a job that has ended."""
        return self._sender.walk(job_error_pages(job_id, page_size))

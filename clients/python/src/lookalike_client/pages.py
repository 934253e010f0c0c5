"""Walks over several pages, each asked for with what the one before it said."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Literal, TypeVar, Unpack

from lookalike_client.call import Call
from lookalike_client.calls import items as item_calls
from lookalike_client.calls.imports import import_status
from lookalike_client.calls.jobs import job
from lookalike_client.calls.searching import SearchOptions
from lookalike_client.conditions import Conditions
from lookalike_client.results.imports import Import, RowError
from lookalike_client.results.items import Item, ItemPage
from lookalike_client.results.jobs import Job, JobError, JobResult
from lookalike_client.results.searches import SimilarItem, SimilarItems

Page = TypeVar("Page")
Entry = TypeVar("Entry")
SearchCall = Callable[[SearchOptions, SimilarItems | None], Call[SimilarItems]]

# The service finds no more similar items than these.
_MOST_FOUND: Final = 1000


@dataclass(frozen=True, slots=True)
class Pages(Generic[Page, Entry]):
    """Pages of something.

    Attributes:
        first: asks for the first one.
        following: asks for the next one; None: there is none.
        entries: of a page.
    """

    first: Call[Page]
    following: Callable[[Page], Call[Page] | None]
    entries: Callable[[Page], Sequence[Entry]]


def similar_pages(
    search: SearchCall, *, page_size: int, **options: Unpack[SearchOptions]
) -> Pages[SimilarItems, SimilarItem]:
    """Similar items.

    Args:
        search: makes the call for a page, of its options and the page before it.
        page_size: most items of a page.
        options: of the search; `limit` and `offset` are those of the whole walk.
    """
    end = min(options.get("offset", 0) + options.get("limit", _MOST_FOUND), _MOST_FOUND)

    def call(offset: int, before: SimilarItems | None) -> Call[SimilarItems]:
        window: SearchOptions = {"offset": offset, "limit": max(1, min(page_size, end - offset))}
        return search({**options, **window}, before)

    def following(page: SimilarItems) -> Call[SimilarItems] | None:
        offset = page.offset + len(page.items)
        return call(offset, page) if page.items and offset < min(end, page.total) else None

    return Pages(call(options.get("offset", 0), None), following, lambda page: page.items)


def item_pages(
    *,
    page_size: int,
    filters: Conditions,
    exclude: Conditions,
    sample: Literal["random"] | None,
    seed: int | None,
    fields: str | Iterable[str] | None,
) -> Pages[ItemPage, Item]:
    """Items of the catalogue; a random order keeps the seed of the first page."""

    def call(offset: int, drawn: int | None) -> Call[ItemPage]:
        return item_calls.items(
            limit=page_size,
            offset=offset,
            filters=filters,
            exclude=exclude,
            sample=sample,
            seed=drawn,
            fields=fields,
        )

    def following(page: ItemPage) -> Call[ItemPage] | None:
        offset = page.offset + len(page.items)
        return call(offset, page.seed) if page.items and offset < page.total else None

    return Pages(call(0, seed), following, lambda page: page.items)


def embedding_pages(job_id: str, page_size: int) -> Pages[Job, JobResult]:
    """Embeddings of a job."""
    return _numbered(lambda offset: job(job_id, limit=page_size, offset=offset), lambda page: page.results, page_size)


def job_error_pages(job_id: str, page_size: int) -> Pages[Job, JobError]:
    """Errors of a job."""
    return _numbered(lambda offset: job(job_id, limit=page_size, offset=offset), lambda page: page.errors, page_size)


def import_error_pages(import_id: str, page_size: int) -> Pages[Import, RowError]:
    """Errors of an import."""
    return _numbered(
        lambda offset: import_status(import_id, limit=page_size, offset=offset), lambda page: page.errors, page_size
    )


def _numbered(
    call: Callable[[int], Call[Page]], entries: Callable[[Page], Sequence[Entry]], page_size: int
) -> Pages[Page, Entry]:
    """Pages that do not say where they begin: the walk counts, and a page that is not full is the last one."""
    taken = 0

    def following(page: Page) -> Call[Page] | None:
        nonlocal taken
        taken += len(entries(page))
        return call(taken) if len(entries(page)) == page_size else None

    return Pages(call(0), following, entries)

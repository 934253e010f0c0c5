"""The look-alikes of every item, as the API would answer for each of them."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from contracts.search_defaults import RERANKED
from index.base_part import BasePart
from index.base_version import BaseVersion
from index.live_index import LiveIndex
from index.query import ListingQuery, SearchQuery
from index.search_threads import usable_cores

# Items that a thread searches at a time, and how many such batches may wait to be taken.
_BATCH: Final = 64
_WAITING: Final = 8
# They wait for an engine most of the time.
_THREADS_OF_AN_ENGINE: Final = 8


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """What `GET /items/{id}/similar` finds for an item.

    Attributes:
        item_id: of the item.
        found: id and score of each item that looks like it, best first; the score has six decimals, as in an answer.
    """

    item_id: str
    found: Sequence[tuple[str, float]]


def all_look_alikes(base: BaseVersion[BasePart], k: int, *, window: int = RERANKED) -> Iterator[LookAlikes]:
    """The look-alikes of each item, in catalogue order; the item itself is left out.

    Searches run in several threads, a little ahead of whoever takes the results.

    Args:
        base: also one of a live catalogue.
        k: number of look-alikes of each item, 1 or more.
        window: see `index.part_searcher.PartSearcher`; the default is that of the API.

    Raises:
        SearchUnavailableError: the engine that holds the items cannot answer now.
    """
    live = LiveIndex.over(base, window=window)
    searcher = live.searcher
    searcher.warm_up()

    def search(start: int) -> list[LookAlikes]:
        batch = []
        for item in searcher.listing(ListingQuery(limit=_BATCH, offset=start, fields=())).items:
            # Nobody sees the attributes.
            query = SearchQuery(limit=k, excluded_item=item.id, fields=())
            page = searcher.find_like(query, item.id)
            batch.append(LookAlikes(item.id, [(found.id, round(found.score, 6)) for found in page.items]))
        return batch

    cores = _THREADS_OF_AN_ENGINE if searcher.remote else usable_cores()
    with ThreadPoolExecutor(cores, thread_name_prefix="look-alikes") as threads:
        waiting: deque[Future[list[LookAlikes]]] = deque()
        try:
            for start in range(0, live.items, _BATCH):
                waiting.append(threads.submit(search, start))
                if len(waiting) == max(_WAITING, cores):
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for batch in waiting:
                batch.cancel()

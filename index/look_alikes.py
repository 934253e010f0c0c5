"""The look-alikes of every item, as the API would answer for each of them."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from contracts.search_defaults import RERANKED
from index.bundle import Bundle
from index.live_index import LiveIndex
from index.query import SearchQuery
from index.search_threads import usable_cores

# Items that a thread searches at a time, and how many such batches may wait to be taken.
_BATCH: Final = 64
_WAITING: Final = 8


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """What `GET /items/{id}/similar` finds for an item.

    Attributes:
        item_id: of the item.
        found: id and score of each item that looks like it, best first; the score has six decimals, as in an answer.
    """

    item_id: str
    found: Sequence[tuple[str, float]]


def all_look_alikes(bundle: Bundle, k: int, *, window: int = RERANKED) -> Iterator[LookAlikes]:
    """The look-alikes of each item, in catalogue order; the item itself is left out.

    Searches run in several threads, a little ahead of whoever takes the results.

    Args:
        bundle: also one of a live catalogue.
        k: number of look-alikes of each item, 1 or more.
        window: see `index.part_searcher.PartSearcher`; the default is that of the API.
    """
    searcher = LiveIndex.of(bundle, window=window).searcher
    searcher.warm_up()

    def search(rows: range) -> list[LookAlikes]:
        batch = []
        for item_id in map(bundle.items.id, rows):
            # Nobody sees the attributes.
            query = SearchQuery(limit=k, excluded_item=item_id, fields=())
            page = searcher.find_like(query, item_id)
            batch.append(LookAlikes(item_id, [(found.id, round(found.score, 6)) for found in page.items]))
        return batch

    with ThreadPoolExecutor(usable_cores(), thread_name_prefix="look-alikes") as threads:
        waiting: deque[Future[list[LookAlikes]]] = deque()
        try:
            for start in range(0, len(bundle.items), _BATCH):
                waiting.append(threads.submit(search, range(start, min(start + _BATCH, len(bundle.items)))))
                if len(waiting) == _WAITING:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for batch in waiting:
                batch.cancel()

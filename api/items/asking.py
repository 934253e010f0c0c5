"""Where a searcher is asked: on the event loop, or in a thread when it takes long."""

from collections.abc import Callable
from typing import TypeVar

import anyio

from index.query import ListingQuery, SearchQuery
from index.search_threads import search_threads
from index.searcher import Searcher

_Answer = TypeVar("_Answer")


class Asking:
    """Asks searchers; one for the whole application, so that all questions share its threads."""

    def __init__(self) -> None:
        self._threads = anyio.CapacityLimiter(search_threads())

    async def ask(
        self, searcher: Searcher, question: SearchQuery | ListingQuery | None, answer: Callable[[], _Answer]
    ) -> _Answer:
        """What the searcher answers.

        Args:
            searcher: that is asked.
            question: what it is asked; None for one item by its id.
            answer: asks it.
        """
        if searcher.takes_long(question):
            return await anyio.to_thread.run_sync(answer, limiter=self._threads)
        return answer()

"""Runs searches on the event loop, or in a thread if they may take long."""

from collections.abc import Callable
from typing import TypeVar

import anyio

from index.query import ListingQuery, SearchQuery, ValuesQuery
from index.search_threads import search_threads
from index.searcher import Searcher

_Answer = TypeVar("_Answer")


class Asking:
    """Queries searchers; one for the whole application, so that all queries share its threads."""

    def __init__(self) -> None:
        self._threads = anyio.CapacityLimiter(search_threads())

    async def ask(
        self,
        searcher: Searcher,
        question: SearchQuery | ListingQuery | ValuesQuery | None,
        answer: Callable[[], _Answer],
    ) -> _Answer:
        """Run `answer`, in a thread if the searcher says that the question takes long.

        Args:
            searcher: the one that answers.
            question: for `Searcher.takes_long`; None for one item by its id.
            answer: calls the searcher and returns its result.
        """
        if searcher.takes_long(question):
            return await anyio.to_thread.run_sync(answer, limiter=self._threads)
        return answer()

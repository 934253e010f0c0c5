"""Runs searches on the event loop, or in a thread if they may take long."""

from collections.abc import Callable
from typing import TypeVar

import anyio

from api.items.engine_calls import EngineCalls
from index.query import ListingQuery, SearchQuery, ValuesQuery
from index.search_threads import search_threads
from index.searcher import Searcher

_Answer = TypeVar("_Answer")


class Asking:
    """Queries searchers; one for the whole application, so that all queries share its threads.

    Args:
        engine: for searchers that ask a search engine.
    """

    def __init__(self, engine: EngineCalls) -> None:
        self._engine = engine
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

        Raises:
            ServiceProblem: `index_unavailable`, if the searcher asks a search engine and that does not answer.
        """
        if searcher.remote:
            return await self._engine.run(answer)
        if searcher.takes_long(question):
            return await anyio.to_thread.run_sync(answer, limiter=self._threads)
        return answer()

    async def ask_in_thread(self, searcher: Searcher, answer: Callable[[], _Answer]) -> _Answer:
        """Run `answer`, which takes long in any case, in a thread.

        Args:
            searcher, answer: see `ask`.

        Raises:
            ServiceProblem: see `ask`.
        """
        if searcher.remote:
            return await self._engine.run(answer)
        return await anyio.to_thread.run_sync(answer)

    async def check(self, searcher: Searcher, query: SearchQuery) -> None:
        """Refuse at once what cannot be answered; see `Searcher.check`.

        Raises:
            FilterError: see there.
            ServiceProblem: see `ask`.
        """
        if searcher.remote:
            await self._engine.run(lambda: searcher.check(query))
        else:
            searcher.check(query)

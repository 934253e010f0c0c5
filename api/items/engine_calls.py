"""Questions to the search engine: in a few threads of their own, and never for longer than a deadline."""

import asyncio
import contextvars
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Final, TypeVar

from api.http.problems import engine_unavailable
from api.metrics import Metrics
from api.paced_log import PacedLog
from contracts.errors import EngineError, SearchUnavailableError

# They wait for a network most of the time. An engine has more connections, so that changes, and the look whether it
# answers, find one too.
ENGINE_THREADS: Final = 12
# A question that takes too long may be the question's fault; so many in a row are the engine's.
_FAILURES_IN_A_ROW: Final = 3

_log = logging.getLogger("lookalike.api")

_Answer = TypeVar("_Answer")


class EngineCalls:
    """Asks the engine for requests, and knows whether it answers.

    A thread that waits for the engine cannot be stopped. So a question whose deadline passes is answered as unavailable
    at once, but keeps its thread until the engine lets go of it. While all threads are taken, others wait no longer
    than their own deadlines. While the engine is known to be away, nobody waits.

    Args:
        metrics: count the questions and their failures.
        timeout_s: how long a question may take, with the wait for a thread, seconds.
        threads: questions that are asked at a time.
    """

    def __init__(self, metrics: Metrics, *, timeout_s: float, threads: int = ENGINE_THREADS) -> None:
        self._metrics = metrics
        self._timeout_s = timeout_s
        self._free = asyncio.Semaphore(threads)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="search-engine")
        self._failures = 0
        self._problem: str | None = None
        self._paced = PacedLog(_log)

    @property
    def problem(self) -> str | None:
        """Why the engine does not answer at the moment, or None."""
        return self._problem

    async def run(self, ask: Callable[[], _Answer]) -> _Answer:
        """What a question is answered.

        Args:
            ask: asks the engine and waits for it.

        Raises:
            ServiceProblem: `index_unavailable`.
        """
        if self._problem is not None:
            self._metrics.observe_engine_failure()
            raise engine_unavailable()
        begun = time.perf_counter()
        try:
            answer = await self._asked(ask)
        except SearchUnavailableError as error:
            self._failed(error)
            raise engine_unavailable() from error
        except EngineError as error:
            # Such as a version that somebody removed from it.
            self._failed(error)
            raise engine_unavailable(30) from error
        self._metrics.observe_engine(time.perf_counter() - begun)
        self._failures = 0
        return answer

    def answers(self) -> None:
        """Note that the engine has answered a question that only looks whether it does."""
        if self._problem is not None:
            _log.info("the search engine answers again")
        self._problem, self._failures = None, 0

    def away(self, why: str) -> None:
        """Note that the engine did not answer such a question."""
        if self._problem is None:
            _log.warning("%s; what is not remembered cannot be answered until it does", why)
        self._problem = why

    def stop(self) -> None:
        """Ask nothing any more; what is being asked ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _asked(self, ask: Callable[[], _Answer]) -> _Answer:
        loop = asyncio.get_running_loop()

        def release(_: "Future[_Answer]") -> None:
            # The loop may be closed: then nobody waits for a thread any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(self._free.release)

        try:
            async with asyncio.timeout(self._timeout_s) as deadline:
                await self._free.acquire()
                future = self._pool.submit(contextvars.copy_context().run, ask)
                future.add_done_callback(release)
                # What is cancelled is the wait, not the thread, which runs on.
                return await asyncio.shield(asyncio.wrap_future(future))
        except TimeoutError:
            if not deadline.expired():
                raise
            raise SearchUnavailableError(f"the search engine did not answer within {self._timeout_s:g} s") from None

    def _failed(self, error: Exception) -> None:
        self._metrics.observe_engine_failure()
        self._paced.warning(str(error))
        self._failures += 1
        if self._failures >= _FAILURES_IN_A_ROW:
            self.away(str(error))

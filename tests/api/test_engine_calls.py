"""Questions to a search engine are bounded in time and number, whatever it does."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable

import pytest

from api.http.problems import ServiceProblem
from api.items.engine_calls import EngineCalls
from api.metrics import Metrics
from contracts.errors import EngineError, FilterError, SearchUnavailableError

FAILURES = "lookalike_search_engine_failures_total"


class Calls:
    """Calls with few threads, and what they count."""

    def __init__(self, *, threads: int = 2, timeout_s: float = 20) -> None:
        self.metrics = Metrics()
        self.calls = EngineCalls(self.metrics, timeout_s=timeout_s, threads=threads)
        self.asked = 0

    def counted(self, name: str) -> float:
        return self.metrics.registry.get_sample_value(name) or 0.0

    async def refused(self, ask: Callable[[], object]) -> ServiceProblem:
        def counting() -> object:
            self.asked += 1
            return ask()

        with pytest.raises(ServiceProblem) as caught:
            await self.calls.run(counting)
        assert caught.value.code == "index_unavailable"
        assert caught.value.status == 503
        return caught.value


def away() -> None:
    raise SearchUnavailableError("the search engine postgresql://db.internal/shop cannot be reached")


async def test_an_answer_comes_from_a_thread_of_its_own() -> None:
    made = Calls()
    here = threading.get_ident()
    assert await made.calls.run(threading.get_ident) != here
    assert made.counted("lookalike_search_engine_seconds_count") == 1
    assert made.counted(FAILURES) == 0


async def test_nobody_waits_longer_than_the_deadline_and_threads_stay_bounded() -> None:
    made, stuck = Calls(timeout_s=0.05), threading.Event()
    running, most, lock = 0, 0, threading.Lock()

    def hang() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        stuck.wait(20)
        with lock:
            running -= 1

    begun = time.perf_counter()
    # The event loop goes on meanwhile, and all of them are refused at about the same time.
    await asyncio.gather(*(made.refused(hang) for _ in range(20)))
    assert time.perf_counter() - begun < 5
    assert most == 2
    assert made.counted(FAILURES) == 20
    # The two that hang keep their places, until the engine lets go of them.
    made.calls.answers()
    await made.refused(lambda: None)
    assert made.asked == 2
    stuck.set()
    async with asyncio.timeout(20):
        while True:
            made.calls.answers()
            with contextlib.suppress(ServiceProblem):
                assert await made.calls.run(lambda: 7) == 7
                break
    # What nobody waits for any more was never asked.
    assert made.asked == 2


async def test_after_three_failures_in_a_row_it_is_not_asked_until_it_answers() -> None:
    made = Calls()
    await made.refused(away)
    await made.refused(away)
    assert await made.calls.run(lambda: 1) == 1
    assert made.calls.problem is None
    for _ in range(3):
        await made.refused(away)
    assert made.asked == 5
    assert "cannot be reached" in (made.calls.problem or "")
    problem = await made.refused(lambda: 1)
    # Nobody outside learns which server it is.
    assert "db.internal" not in problem.detail
    assert problem.retry_after_s == 2
    assert made.asked == 5
    made.calls.answers()
    assert await made.calls.run(lambda: 2) == 2


async def test_one_look_that_fails_is_enough() -> None:
    made = Calls()
    made.calls.away("it does not answer")
    await made.refused(lambda: 1)
    assert made.asked == 0


async def test_a_version_that_was_taken_away_is_unavailable_too() -> None:
    made = Calls()

    def removed() -> None:
        raise EngineError("it has no such version")

    assert (await made.refused(removed)).retry_after_s == 30


async def test_what_is_wrong_with_a_question_is_no_failure_of_the_engine() -> None:
    made = Calls()

    def refuse() -> None:
        raise FilterError("unknown field")

    for _ in range(4):
        with pytest.raises(FilterError):
            await made.calls.run(refuse)
    assert made.calls.problem is None
    assert made.counted(FAILURES) == 0


async def test_a_timeout_of_the_question_itself_is_not_mistaken_for_the_deadline() -> None:
    made = Calls()

    def late() -> None:
        raise TimeoutError("of something else")

    with pytest.raises(TimeoutError, match="of something else"):
        await made.calls.run(late)


async def test_a_client_that_leaves_takes_no_thread_along() -> None:
    made, stuck = Calls(threads=1), threading.Event()
    left = asyncio.create_task(made.calls.run(lambda: stuck.wait(20)))
    await asyncio.sleep(0)
    left.cancel()
    with pytest.raises(asyncio.CancelledError):
        await left
    stuck.set()
    assert await made.calls.run(lambda: 3) == 3

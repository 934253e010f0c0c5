import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from pictures.decoding_budget import (
    MAX_OVERTAKEN,
    DecodingBudget,
    NotWantedError,
    TooManyLargePicturesError,
)

MEMORY = 1600
LARGE, SMALL = 900, 10


def always() -> bool:
    return True


class Decoders:
    """Threads that take turns, and note the order in which they began."""

    def __init__(self, budget: DecodingBudget, pool: ThreadPoolExecutor) -> None:
        self._budget, self._pool = budget, pool
        self.begun: list[str] = []
        self._gates: dict[str, threading.Event] = {}

    def send(self, name: str, memory: int) -> "Future[None]":
        """Take a turn and keep it until `let_go`; returns once it waits or has begun."""
        gate = self._gates[name] = threading.Event()

        def run() -> None:
            with self._budget.turn(memory, is_wanted=always):
                self.begun.append(name)
                assert gate.wait(10)

        waiting = self._waiting()
        future = self._pool.submit(run)
        until(lambda: name in self.begun or self._waiting() > waiting or future.done())
        return future

    def let_go(self, *names: str) -> None:
        for name in names:
            self._gates[name].set()

    def _waiting(self) -> int:
        return len(self._budget._ordinary) + len(self._budget._large)


def until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.001)


@contextmanager
def decoders(*, threads: int = 4, max_large: int = 100) -> Iterator[Decoders]:
    with ThreadPoolExecutor(64) as pool:
        sent = Decoders(DecodingBudget(memory=MEMORY, threads=threads, max_large=max_large), pool)
        try:
            yield sent
        finally:
            sent.let_go(*sent._gates)


def test_together_they_take_the_budget_and_no_more() -> None:
    with decoders() as sent:
        sent.send("first", LARGE)
        sent.send("second", LARGE)
        assert sent.begun == ["first"]
        sent.let_go("first")
        until(lambda: sent.begun == ["first", "second"])


def test_no_more_threads_than_allowed_decode_however_small_the_pictures_are() -> None:
    with decoders(threads=2) as sent:
        for name in "abc":
            sent.send(name, SMALL)
        assert sent.begun == ["a", "b"]
        sent.let_go("b")
        until(lambda: sent.begun == ["a", "b", "c"])


def test_a_picture_above_the_whole_budget_is_decoded_alone() -> None:
    with decoders() as sent:
        sent.send("small", SMALL)
        sent.send("huge", 10 * MEMORY)
        assert sent.begun == ["small"]
        sent.let_go("small")
        until(lambda: sent.begun == ["small", "huge"])
        sent.send("late", SMALL)
        assert sent.begun == ["small", "huge"]
        sent.let_go("huge")
        until(lambda: sent.begun[-1] == "late")


def test_small_pictures_pass_a_large_one_but_not_for_ever() -> None:
    with decoders(threads=2) as sent:
        sent.send("running", LARGE)
        sent.send("large", LARGE)
        for number in range(MAX_OVERTAKEN):
            sent.send(f"small {number}", SMALL)
            assert sent.begun[-1] == f"small {number}"
            sent.let_go(f"small {number}")
            until(lambda: sent._budget._running == 1)
        sent.send("one too many", SMALL)
        assert sent.begun[-1] == f"small {MAX_OVERTAKEN - 1}"
        sent.let_go("running")
        until(lambda: set(sent.begun[-2:]) == {"large", "one too many"})


def test_small_pictures_come_before_a_long_line_of_large_ones() -> None:
    with decoders(threads=1) as sent:
        for name in ("a", "b", "c", "d"):
            sent.send(name, LARGE)
        sent.send("good", SMALL)
        sent.let_go("a")
        until(lambda: sent.begun == ["a", "good"])


def test_too_many_large_ones_are_refused_at_once_and_small_ones_are_not() -> None:
    with decoders(max_large=2) as sent:
        sent.send("a", LARGE)
        sent.send("b", LARGE)
        with pytest.raises(TooManyLargePicturesError):
            sent.send("c", LARGE).result(1)
        sent.send("small", SMALL)
        assert sent.begun == ["a", "small"]
        sent.let_go("a", "b")
        until(lambda: sent._budget._large_present == 0)
        sent.send("d", LARGE)
        assert sent.begun[-1] == "d"


def test_waiting_ends_at_the_deadline_and_leaves_nothing_behind() -> None:
    budget = DecodingBudget(memory=MEMORY, threads=1, max_large=1)
    with budget.turn(SMALL, is_wanted=always):
        started = time.monotonic()
        with pytest.raises(NotWantedError), budget.turn(LARGE, is_wanted=lambda: time.monotonic() < started + 0.1):
            pass
        assert 0.1 <= time.monotonic() - started < 1
    with budget.turn(LARGE, is_wanted=always):
        pass
    assert (budget._running, budget._memory_taken, budget._large_present) == (0, 0, 0)


def test_who_is_not_wanted_any_more_gives_up_its_place_in_the_line() -> None:
    budget = DecodingBudget(memory=MEMORY, threads=1, max_large=1)
    wanted = [True]

    def wait() -> None:
        with budget.turn(SMALL, is_wanted=lambda: wanted[0]):
            raise AssertionError

    with ThreadPoolExecutor(1) as pool, budget.turn(SMALL, is_wanted=always):
        waiting = pool.submit(wait)
        until(lambda: len(budget._ordinary) == 1)
        wanted[0] = False
        assert isinstance(waiting.exception(5), NotWantedError)
        assert not budget._ordinary


def test_a_turn_ends_with_an_error_too() -> None:
    budget = DecodingBudget(memory=MEMORY, threads=1, max_large=1)
    with pytest.raises(ValueError, match="broken"), budget.turn(LARGE, is_wanted=always):
        raise ValueError("broken")
    assert (budget._running, budget._memory_taken, budget._large_present) == (0, 0, 0)


def test_many_threads_never_exceed_either_limit() -> None:
    budget = DecodingBudget(memory=MEMORY, threads=3, max_large=1000)
    lock, taken, most = threading.Lock(), [0, 0], [0, 0]

    def run(memory: int) -> None:
        with budget.turn(memory, is_wanted=always):
            with lock:
                taken[0] += memory
                taken[1] += 1
                most[:] = max(most[0], taken[0]), max(most[1], taken[1])
            time.sleep(0.0005)
            with lock:
                taken[0] -= memory
                taken[1] -= 1

    with ThreadPoolExecutor(32) as pool:
        list(pool.map(run, [LARGE, SMALL, 500, SMALL, SMALL] * 60))
    assert most[0] <= MEMORY
    assert most[1] == 3

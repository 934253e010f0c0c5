"""Long searches leave a core to the event loop, however many callers there are."""

import asyncio
import threading
import time
from typing import Any

import httpx2
import pytest

from api.items import searching
from api.routes import similar
from index.search_threads import search_threads

CALLERS = 12


class _Watch:
    """Searches as ever, and counts how many search at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0
        self.threads: set[int] = set()

    def find(self, *arguments: Any) -> searching.Found:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            self.threads.add(threading.get_ident())
        # Long enough for the others to come.
        time.sleep(0.02)
        found = searching.find(*arguments)
        with self._lock:
            self._now -= 1
        return found


@pytest.mark.parametrize("cores", [1, 2, 8])
def test_a_core_is_left_over_where_there_are_two(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert search_threads() == max(1, cores - 1)


async def test_no_more_search_at_once_than_leave_a_core(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_LONG_ITEMS", 0)
    expected = (await client.get("/items/15020/similar")).json()["items"]
    watch = _Watch()
    monkeypatch.setattr(similar, "find", watch.find)
    answers = await asyncio.gather(*(client.get("/items/15020/similar") for _ in range(CALLERS)))
    assert [answer.json()["items"] for answer in answers] == [expected] * CALLERS
    assert watch.most == min(CALLERS, search_threads())
    assert threading.main_thread().ident not in watch.threads

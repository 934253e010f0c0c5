"""What takes long leaves a core to the event loop, however many callers there are."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from index import part_searcher
from index.conditions import Condition
from index.part_searcher import PartSearcher
from index.query import ListingQuery, SearchQuery
from index.random_orders import RandomOrders
from index.search_threads import search_threads
from tests.api.small_catalogue import draw, encode
from tests.served_elsewhere import of_memory

pytestmark = of_memory

CALLERS = 12
SEARCH = "/items/15020/similar"
FILTER = "filter=baseColour:Blue"


class _Watch:
    """Answers as ever, and counts how many answers are worked out at once."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self._answer = answer
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0
        self.threads: set[int] = set()

    def __call__(self, *arguments: Any) -> Any:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            self.threads.add(threading.get_ident())
        # Long enough for the others to come.
        time.sleep(0.02)
        found = self._answer(*arguments)
        with self._lock:
            self._now -= 1
        return found


def watch(monkeypatch: pytest.MonkeyPatch, name: str) -> _Watch:
    watched = _Watch(getattr(PartSearcher, name))
    # A lambda, for an object with __call__ alone is not bound to the searcher.
    monkeypatch.setattr(PartSearcher, name, lambda *arguments: watched(*arguments))
    return watched


@pytest.fixture
def everything_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("_LONG_ITEMS", "_LONG_ITEMS_OF_GROUPS_OR_FACETS", "_LONG_ITEMS_OF_RANDOM_ORDERS"):
        monkeypatch.setattr(part_searcher, limit, 0)
    # Else callers who come late find the order at hand, and need no thread.
    monkeypatch.setattr(RandomOrders, "keeps", lambda *_: False)


@pytest.mark.parametrize("cores", [1, 2, 8])
def test_a_core_is_left_over_where_there_are_two(monkeypatch: pytest.MonkeyPatch, cores: int) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)), raising=False)
    assert search_threads() == max(1, cores - 1)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("find_like", SEARCH),
        ("find_like", f"{SEARCH}?group_by=title&facets=gender"),
        ("listing", f"/items?{FILTER}"),
        ("listing", "/items?sample=random&seed=3"),
        ("listing", f"/items?sample=random&seed=3&{FILTER}"),
    ],
)
@pytest.mark.usefixtures("everything_is_long")
async def test_no_more_work_at_once_than_leaves_a_core(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, method: str, path: str
) -> None:
    watched = watch(monkeypatch, method)
    answers = await asyncio.gather(*(client.get(path) for _ in range(CALLERS)))
    assert watched.most == min(CALLERS, search_threads())
    assert threading.main_thread().ident not in watched.threads
    monkeypatch.undo()
    expected = (await client.get(path)).json()["items"]
    assert [answer.json()["items"] for answer in answers] == [expected] * CALLERS


@pytest.mark.usefixtures("everything_is_long")
async def test_photos_are_searched_in_threads_too(client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = watch(monkeypatch, "find")
    answer = await client.post(f"/similar?{FILTER}", files={"image": encode(draw(20), "PNG")})
    assert answer.status_code == 200
    assert watched.threads
    assert threading.main_thread().ident not in watched.threads


async def test_what_is_short_needs_no_thread(client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for method, path in (
        ("find_like", SEARCH),
        ("listing", f"/items?sample=random&{FILTER}"),
        ("item", "/items/15020"),
    ):
        watched = watch(monkeypatch, method)
        assert (await client.get(path)).status_code == 200
        assert watched.threads == {threading.main_thread().ident}


@pytest.mark.parametrize(
    ("question", "items"),
    [
        (SearchQuery(), 200_000),
        (SearchQuery(group_by="title"), 20_000),
        (SearchQuery(facets=("title",)), 20_000),
        (SearchQuery(facets=("title", "gender"), group_by="title"), 6_666),
        (SearchQuery(conditions=(Condition("a", ("1",)),)), 200_000),
        (SearchQuery(conditions=(Condition("a", ("1",)),), exclusions=(Condition("b", ("1",)),)), 100_000),
        (ListingQuery(conditions=(Condition("a", ("1",)), Condition("b", ("1",)))), 100_000),
        (ListingQuery(seed=7), 50_000),
        (ListingQuery(), None),
        (None, None),
    ],
)
def test_what_takes_long_depends_on_the_question(
    question: SearchQuery | ListingQuery | None, items: int | None
) -> None:
    class Many:
        kinds: dict[str, Any] = {}  # noqa: RUF012 - never written to
        remote = False

        def __init__(self, items: int) -> None:
            self._items = items

        def __len__(self) -> int:
            return self._items

    def of(count: int) -> PartSearcher:
        return PartSearcher(Many(count), None, window=400)  # type: ignore[arg-type]

    assert of(1).takes_long(SearchQuery(conditions=(Condition("a", ("1",) * 501),)))
    if items is None:
        assert not of(100_000_000).takes_long(question)
        return
    assert not of(items).takes_long(question)
    searcher = of(items + 1)
    assert searcher.takes_long(question)
    if isinstance(question, ListingQuery) and question.seed is not None:
        searcher._orders.order(question.seed)
        assert not searcher.takes_long(question)

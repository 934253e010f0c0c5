"""A search engine of two PostgreSQL servers, one of which cannot be reached any more."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from index.bundle import open_current
from index.part_searcher import PartSearcher
from index.query import SearchQuery
from tests.api.promotable import Promotable
from tests.cluster.conftest import Service, is_problem
from tests.cluster.hosts import Host, Network
from tests.cluster.services import Client, api, load_search, postgresql_server

pytestmark = pytest.mark.services

# How long a question to the engine may take, and what an answer may take then.
TIMEOUT_S = 1.0
DEADLINE_S = TIMEOUT_S + 1.0


@dataclass(frozen=True)
class Shards:
    """An API on two shards.

    Attributes:
        client: of the API.
        second: the host of the second shard.
    """

    client: Client
    second: Host


@pytest.fixture(scope="module")
def shards(hosts: Network, service: Service, promotable: Promotable) -> Iterator[Shards]:
    with ExitStack() as stack:
        second, api_host = hosts.add("shard2"), hosts.add("api2")
        addresses = [service.database_url, stack.enter_context(postgresql_server(second))]
        settings = {
            "LOOKALIKE_SEARCH_URL": load_search(api_host, addresses, promotable.folder),
            "LOOKALIKE_SEARCH_TIMEOUT_S": str(TIMEOUT_S),
            # Each question is asked of the shards.
            "LOOKALIKE_ANSWER_CACHE_BYTES": "0",
        }
        yield Shards(stack.enter_context(api(api_host, service.client.host, promotable.folder, **settings)), second)


def test_two_shards_answer_as_memory_does(shards: Shards, promotable: Promotable) -> None:
    answer = shards.client.ask("/items/bundle-0-3/similar?limit=30")
    assert answer.status == 200, answer
    in_memory = PartSearcher.of(open_current(promotable.folder))
    # The API leaves the item itself out.
    _, *expected = in_memory.find_like(SearchQuery(limit=31), "bundle-0-3").items
    assert [item["id"] for item in answer.json()["items"]] == [found.id for found in expected]


@pytest.mark.parametrize("fault", [{"delay_s": 5.0}, None], ids=["slow by 5 s", "cut off"])
def test_a_shard_that_says_nothing_is_never_a_short_page(shards: Shards, fault: dict[str, float] | None) -> None:
    before = shards.client.ask("/items/common-1/similar?limit=30").json()["items"]
    with shards.second.cut_off() if fault is None else shards.second.slow(**fault):
        for path in ("/items/common-1/similar?limit=30", "/items?limit=40", "/items/bundle-0-3/similar"):
            answer = shards.client.ask(path)
            assert is_problem(answer, "index_unavailable"), answer
            assert answer.took_s < DEADLINE_S
        assert shards.client.ask("/livez", timeout_s=1).status == 200
    healed = shards.client.until("/items/common-1/similar?limit=30", lambda answer: answer.status == 200, timeout_s=10)
    assert healed.json()["items"] == before

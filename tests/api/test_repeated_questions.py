"""An answer from memory is the answer that a search would give."""

import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.http.problems import ProblemCode
from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.answers import problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder
from tests.api.promotable import COMMON_IDS, Promotable
from tests.api.swapping import running

URL = "/items/15020/similar?limit=3&facets=baseColour&filter=gender:Men"
KEY = "a-key-of-sixteen-characters"


async def counted(client: httpx2.AsyncClient) -> tuple[int, int]:
    """Numbers of answers from memory, and of others."""
    metrics = (await client.get("/metrics")).text
    hits, misses = (
        re.search(rf'lookalike_answer_cache_requests_total{{result="{result}"}} (\d+)', metrics)
        for result in ("hit", "miss")
    )
    assert hits is not None
    assert misses is not None
    return int(hits[1]), int(misses[1])


def without_id_and_time(response: httpx2.Response) -> str:
    text = re.sub(r'"request_id":"(\\.|[^"\\])*"', "", response.text)
    return re.sub(r'"timing_ms":\{[^}]*\}', "", text)


def headers_of(response: httpx2.Response) -> dict[str, str]:
    # The length differs with the digits of the times.
    return {name: value for name, value in response.headers.items() if name not in {"x-request-id", "content-length"}}


async def test_only_id_and_times_differ(client: httpx2.AsyncClient) -> None:
    first = await client.get(URL)
    second = await client.get(URL, headers={"X-Request-Id": 'mine-"\\'})
    assert await counted(client) == (1, 1)
    assert first.status_code == second.status_code == 200
    assert without_id_and_time(first) == without_id_and_time(second)
    assert headers_of(first) == headers_of(second)
    assert list(first.json()) == list(second.json())
    assert second.json()["request_id"] == second.headers["x-request-id"] == 'mine-"\\'
    timing: dict[str, Any] = second.json()["timing_ms"]
    assert list(timing) == ["search", "total"]
    assert timing["search"] == 0.0
    assert 0.0 <= timing["total"] < 1000.0


async def test_requests_are_counted_under_their_route(client: httpx2.AsyncClient) -> None:
    for _ in range(3):
        await client.get(URL)
    metrics = (await client.get("/metrics")).text
    counter = 'lookalike_http_requests_total{method="GET",route="/items/{id}/similar",status="200"} 3.0'
    assert counter in metrics


async def test_order_and_encoding_of_parameters_do_not_matter(client: httpx2.AsyncClient) -> None:
    first = await client.get(URL)
    other = await client.get("/items/15020/similar?filter=gender%3AMen&limit=3&facets=baseColour")
    assert without_id_and_time(first) == without_id_and_time(other)
    assert await counted(client) == (1, 1)
    # The order of the values of one parameter is kept: it may matter.
    await client.get(URL + "&filter=baseColour:Blue")
    await client.get(URL.replace("&filter", "&filter=baseColour:Blue&filter"))
    assert await counted(client) == (1, 3)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/items/unknown/similar", "unknown_item"),
        ("/items/15020/similar?limit=0", "invalid_parameter"),
        ("/items/15020/similar?limit=1&limit=1", "invalid_parameter"),
        ("/items/15020/similar?filter=unknown:x", "invalid_parameter"),
        ("/items/15020/similar?unknown=1", "invalid_parameter"),
        ("/items/15020/similar?" + "filter=gender:Men&" * 300, "invalid_parameter"),
        ("/similar", "invalid_parameter"),
        ("/similar?token=AQ", "invalid_parameter"),
    ],
)
async def test_errors_are_not_kept(client: httpx2.AsyncClient, path: str, code: ProblemCode) -> None:
    for _ in range(2):
        problem_of(await client.get(path), code)
    assert (await counted(client))[0] == 0


async def test_head_is_answered_from_memory_too(client: httpx2.AsyncClient) -> None:
    await client.get(URL)
    response = await client.head(URL)
    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["content-length"]) > 100
    assert await counted(client) == (1, 1)


async def test_a_key_is_needed_for_what_is_in_memory(
    settings: ApiSettings, bundle: Bundle, embedder: FakeEmbedder, connect: Connect
) -> None:
    keyed = settings.model_copy(update={"api_keys": (SecretStr(KEY),)})
    async with connect(create_app(keyed, bundle, embedder)) as client:
        for _ in range(2):
            assert (await client.get(URL, headers={"X-API-Key": KEY})).status_code == 200
        problem_of(await client.get(URL), "unauthorized")


async def test_it_can_be_switched_off(
    settings: ApiSettings, bundle: Bundle, embedder: FakeEmbedder, connect: Connect
) -> None:
    off = settings.model_copy(update={"answer_cache_bytes": 0})
    async with connect(create_app(off, bundle, embedder)) as client:
        first, second = await client.get(URL), await client.get(URL)
        assert without_id_and_time(first) == without_id_and_time(second)
        assert await counted(client) == (0, 0)


async def test_another_index_answers_for_itself(
    settings: ApiSettings, promotable_once: Promotable, tmp_path: Path
) -> None:
    bundles = promotable_once.copied_to(tmp_path / "bundles")
    bundles.promote(bundles.first)
    url = f"/items/{COMMON_IDS[0]}/similar"
    async with running(settings, bundles.folder) as api:
        for version in (bundles.first, bundles.second, bundles.first):
            bundles.promote(version)
            await api.until_serves(version)
            for _ in range(3):
                assert (await api.client.get(url)).json()["index"]["version"] == version
        assert await counted(api.client) == (6, 3)

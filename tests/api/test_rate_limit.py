"""How much one caller may ask for, counted by a real Redis for all processes."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import httpx2
import pytest
import redis
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import create_app
from api.http.rate_limit import RateLimit, Standing
from api.http.request_counts import _left
from api.settings import ApiSettings
from index.bundle import Bundle
from launch.embedded_redis import EmbeddedRedis
from tests.api.answers import problem_of
from tests.api.fake_embedder import FakeEmbedder
from tests.api.small_catalogue import draw, encode

pytestmark = pytest.mark.services

SECRET = "the-key-of-the-shops-server"
SECOND = "another-key-of-the-server"
KEY = "pk-of-the-shops-own-pages"
OTHER = "pk-of-another-shops-pages"
SIMILAR = "/items/15020/similar"
IMAGE = "/items/15020/image"


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(maxmemory_mb=32) as server:
        yield server


@pytest.fixture
def connection(server: EmbeddedRedis) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(server.url) as connection:
        connection.flushall()
        yield connection


@pytest.fixture
def redis_url(server: EmbeddedRedis, connection: redis.Redis) -> str:
    return server.url


def keyed(redis_url: str, rate_limit: str | None, **more: object) -> ApiSettings:
    keys = {
        "api_keys": (SecretStr(SECRET), SecretStr(SECOND)),
        "publishable_keys": f"{KEY}@https://shop.example,{OTHER}@https://other.example",
    }
    return ApiSettings.model_validate({"redis_url": redis_url, "rate_limit": rate_limit, **keys, **more})


def client_at(app: FastAPI, address: str, **headers: str) -> httpx2.AsyncClient:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    transport = httpx2.ASGITransport(app=app, client=(address, 1))
    return httpx2.AsyncClient(transport=transport, base_url="http://lookalike.test", headers=sent)


@contextlib.asynccontextmanager
async def serving(bundle: Bundle, settings: ApiSettings) -> AsyncIterator[FastAPI]:
    app = create_app(settings, bundle, FakeEmbedder())
    async with app.router.lifespan_context(app):
        yield app


async def statuses(client: httpx2.AsyncClient, times: int, path: str = SIMILAR, **options: Any) -> list[int]:
    async with client:
        return [(await client.get(path, **options)).status_code for _ in range(times)]


async def test_a_secret_key_has_one_limit_wherever_it_is_used(bundle: Bundle, redis_url: str) -> None:
    # Two processes count together.
    async with (
        serving(bundle, keyed(redis_url, "3/minute")) as one,
        serving(bundle, keyed(redis_url, "3/minute")) as two,
    ):
        assert await statuses(client_at(one, "192.0.2.1", X_API_Key=SECRET), 2) == [200, 200]
        assert await statuses(client_at(two, "192.0.2.2", Authorization=f"Bearer {SECRET}"), 2) == [200, 429]
        assert await statuses(client_at(one, "192.0.2.1", X_API_Key=SECOND), 3) == [200, 200, 200]


async def test_callers_are_told_where_they_stand(bundle: Bundle, redis_url: str) -> None:
    async with (
        serving(bundle, keyed(redis_url, "2/minute;3/hour")) as app,
        client_at(app, "192.0.2.1", X_API_Key=SECRET) as client,
    ):
        # The second is answered from memory.
        for left in (1, 0):
            answer = await client.get(SIMILAR)
            assert answer.status_code == 200
            assert answer.headers["ratelimit-policy"] == '"minute";q=2;w=60, "hour";q=3;w=3600'
            minute, hour = answer.headers["ratelimit"].split(", ")
            assert minute.startswith(f'"minute";r={left};t=')
            assert hour.startswith(f'"hour";r={left + 1};t=')
            assert 55 <= int(minute.rpartition("=")[2]) <= 60
        refused = await client.get(SIMILAR)
        problem = problem_of(refused, "rate_limited")
        wait_s = int(refused.headers["retry-after"])
        assert 1 <= wait_s <= 60
        assert problem.detail == (
            f"this key has sent the 2 requests that it may send within 60 s; wait {wait_s} s, then try again"
        )
        assert refused.headers["ratelimit"].startswith(f'"minute";r=0;t={wait_s}, "hour";r=1;')
        # Not a key is missing, so no page asks for one.
        assert "www-authenticate" not in refused.headers
        # Errors count too, and say so.
        assert "ratelimit" in (await client.head("/items/none")).headers
        metrics = (await client.get("/metrics")).text
    assert 'lookalike_rate_limit_total{result="allowed"} 2.0' in metrics
    assert 'lookalike_rate_limit_total{result="limited"} 2.0' in metrics


async def test_who_waits_as_told_is_answered(bundle: Bundle, redis_url: str) -> None:
    async with serving(bundle, keyed(redis_url, "2/second")) as app, client_at(app, "::1", X_API_Key=SECRET) as client:
        answers = [await client.get(SIMILAR) for _ in range(8)]
        refused = answers[-1]
        assert refused.status_code == 429
        await asyncio.sleep(int(refused.headers["retry-after"]))
        assert (await client.get(SIMILAR)).status_code == 200


async def test_every_visitor_of_a_shop_has_a_limit_of_their_own(bundle: Bundle, redis_url: str) -> None:
    async with serving(bundle, keyed(redis_url, "2/minute")) as app:

        def visitor(address: str, key: str = KEY) -> httpx2.AsyncClient:
            return client_at(app, address, X_API_Key=key)

        assert await statuses(visitor("192.0.2.1"), 3) == [200, 200, 429]
        assert await statuses(visitor("192.0.2.2"), 2) == [200, 200]
        # In whatever place the key is sent, and whatever the request claims about its address.
        assert await statuses(client_at(app, "192.0.2.1"), 1, params={"key": KEY}) == [429]
        for claim in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP"):
            assert await statuses(visitor("192.0.2.1"), 1, headers={claim: "198.51.100.7"}) == [429]
        # One customer of a provider has a whole network.
        assert await statuses(visitor("2001:db8:1:2::1"), 2) == [200, 200]
        assert await statuses(visitor("2001:db8:1:2:ffff::9"), 1) == [429]
        assert await statuses(visitor("2001:db8:1:3::1"), 1) == [200]
        # No visitor uses up what the shop's server may send, from the same address either.
        assert await statuses(client_at(app, "192.0.2.1", X_API_Key=SECRET), 1) == [200]
        async with visitor("192.0.2.1") as client:
            refused = await client.get(SIMILAR, headers={"Origin": "https://shop.example"})
            assert problem_of(refused, "rate_limited").detail.startswith("this address has sent the 2 requests")
            assert refused.headers["access-control-allow-origin"] == "https://shop.example"
            assert "RateLimit" in refused.headers["access-control-expose-headers"].split(", ")
            problem_of(await client.post("/similar", files={"image": encode(draw(1), "PNG")}), "rate_limited")


async def test_without_keys_an_address_has_a_limit(bundle: Bundle, redis_url: str) -> None:
    settings = ApiSettings(redis_url=redis_url, rate_limit="2/minute")
    async with serving(bundle, settings) as app:
        # Keys that nobody checks are no way around it.
        for number, expected in enumerate((200, 200, 429)):
            assert await statuses(client_at(app, "192.0.2.1", X_API_Key=f"key-{number}"), 1) == [expected]
        assert await statuses(client_at(app, "192.0.2.2"), 1) == [200]


async def test_pictures_are_counted_by_themselves(bundle: Bundle, redis_url: str) -> None:
    async with serving(bundle, keyed(redis_url, "1/minute", open_pictures=True)) as app:
        assert await statuses(client_at(app, "192.0.2.1"), 25, IMAGE) == [200] * 24 + [429]
        assert await statuses(client_at(app, "192.0.2.1", X_API_Key=KEY), 2) == [200, 429]
        async with client_at(app, "192.0.2.2") as client:
            assert (await client.get(IMAGE)).headers["ratelimit-policy"] == '"pictures-minute";q=24;w=60'


async def test_health_metrics_and_pages_are_never_limited(bundle: Bundle, redis_url: str) -> None:
    async with serving(bundle, keyed(redis_url, "1/minute")) as app:
        assert await statuses(client_at(app, "192.0.2.1", X_API_Key=SECRET), 2) == [200, 429]
        for path in ("/livez", "/readyz/items", "/metrics", "/", "/page/api.js", "/docs", "/openapi.json"):
            async with client_at(app, "192.0.2.1", X_API_Key=SECRET) as client:
                answer = await client.get(path)
                assert answer.status_code == 200, path
                assert "ratelimit" not in answer.headers
        asked = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
        async with client_at(app, "192.0.2.1") as client:
            assert (await client.options(SIMILAR, headers=asked)).status_code == 200


async def test_names_in_redis_tell_nothing_and_expire(bundle: Bundle, redis_url: str, connection: redis.Redis) -> None:
    async with serving(bundle, keyed(redis_url, "5/minute;9/day")) as app:
        for number in range(4):
            await statuses(client_at(app, f"192.0.2.{number}", X_API_Key=KEY), 1)
        await statuses(client_at(app, "192.0.2.1", X_API_Key=SECRET), 1)
        names = {name.decode(): connection.pttl(name) for name in connection.scan_iter()}
        # Whoever is refused leaves nothing: no key that is tried out makes a name.
        for number in range(50):
            await statuses(client_at(app, "192.0.2.9"), 1, params={"key": f"{KEY}{number}"})
        assert {name.decode() for name in connection.scan_iter()} == set(names)
    assert len(names) == 2 * 5
    for name, left_ms in names.items():
        assert name.startswith("limit:{requests/")
        assert not any(told in name for told in ("192.0.2", KEY, SECRET))
        assert 0 < left_ms <= 2 * (60_000 if "minute" in name else 86_400_000)


async def test_no_number_of_addresses_makes_more_than_so_many_names() -> None:
    class Noted:
        def __init__(self) -> None:
            self.callers: list[str] = []

        async def count(self, caller: str, *, picture: bool) -> Sequence[Standing]:
            self.callers.append(caller)
            return ()

    async def answer(scope: object, receive: object, send: object) -> None:
        return None

    noted, others = Noted(), Noted()
    addresses = [f"2001:db8:{number:x}::1" for number in range(3000)]
    for counts, secret in ((noted, b"s" * 32), (others, b"t" * 32)):
        limit = RateLimit(answer, counts=counts, secret=secret)
        for address in addresses:
            scope = {"type": "http", "method": "GET", "path": "/items", "client": (address, 1)}
            await limit(scope, None, None)  # type: ignore[arg-type]
    places = [int(caller.removeprefix("place ")) for caller in noted.callers]
    assert max(places) < 65_536
    # Spread evenly: of 3,000, some 68 share a place with an earlier one.
    assert len(set(places)) > 2850
    # Nobody without the keys can compute whose place another address shares.
    assert noted.callers != others.callers


@pytest.mark.parametrize(
    ("counts", "left", "reset_s"),
    [
        ((0, 0.0, 0, 0.0), 10, 0),
        # A window that begins now, and one in its middle.
        ((0, 0.0, 1, 120.0), 9, 60),
        ((0, 0.0, 10, 90.0), 0, 30),
        # 6 of the window before count as 3.5; a half of one is gone in 5 s.
        ((6, 35.0, 2, 95.0), 5, 5),
        ((6, 35.0, 7, 95.0), 0, 5),
        ((6, 0.0, 2, 61.2), 8, 2),
    ],
)
def test_what_is_left_of_a_window(counts: tuple[int, float, int, float], left: int, reset_s: int) -> None:
    assert _left(10, 60, *counts) == (left, reset_s)


@contextlib.contextmanager
def silent_server() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"redis://127.0.0.1:{listener.getsockname()[1]}/0"


@pytest.mark.parametrize("away", ["nobody listens", "never answers", "refuses"])
async def test_without_redis_everybody_is_answered(
    bundle: Bundle, redis_url: str, connection: redis.Redis, away: str, caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.ExitStack() as stack:
        url = redis_url
        if away == "nobody listens":
            url = "redis://127.0.0.1:1/0"
        elif away == "never answers":
            url = stack.enter_context(silent_server())
        else:
            connection.config_set("maxmemory", "1")
            stack.callback(connection.config_set, "maxmemory", str(32 * 1024 * 1024))
        async with serving(bundle, keyed(url, "1/minute")) as app:
            loop = asyncio.get_running_loop()
            begun = loop.time()
            async with client_at(app, "192.0.2.1", X_API_Key=SECRET) as client:
                answers = await asyncio.gather(*(client.get(SIMILAR) for _ in range(20)))
                answers += [await client.get(SIMILAR) for _ in range(20)]
                assert {answer.status_code for answer in answers} == {200}
                assert not any("ratelimit" in answer.headers for answer in answers)
                metrics = (await client.get("/metrics")).text
            # A Redis that does not answer is waited for once, not by every request.
            assert loop.time() - begun < 5
    assert 'lookalike_rate_limit_total{result="open"} 40.0' in metrics
    told = [record for record in caplog.records if "requests are not limited, because Redis" in record.message]
    assert len(told) == 1


async def test_without_a_limit_redis_is_not_asked(bundle: Bundle, redis_url: str, connection: redis.Redis) -> None:
    async with serving(bundle, keyed(redis_url, None)) as app:
        assert await statuses(client_at(app, "192.0.2.1", X_API_Key=SECRET), 3) == [200, 200, 200]
    assert list(connection.scan_iter()) == []

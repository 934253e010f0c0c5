"""What those without a valid key are told, how often, and what they are not told."""

import json
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import create_app
from api.embedding.embedder import QueueHealth
from api.http.client_address import address_of
from api.http.refusal_limit import RefusalLimit
from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.answers import problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder
from tests.api.real_server import running

KEY = "a-key-of-19-letters"
RIGHT = {"X-API-Key": KEY}


@pytest.fixture
def guarded(bundle: Bundle) -> FastAPI:
    settings = ApiSettings(
        redis_url="redis://127.0.0.1:1/0",
        api_keys=(SecretStr(KEY),),
        cors_origins=("https://shop.example",),
        unauthorized_per_minute=5,
    )
    down = QueueHealth(False, False, "Redis at redis.secret.example does not answer", "no worker of secret-model")
    return create_app(settings, bundle, FakeEmbedder(state=down))


@pytest.mark.parametrize(
    ("headers", "hint"),
    [
        ([], "this needs a valid API key"),
        ([("X-API-Key", "wrong")], "the key in X-API-Key is not valid"),
        ([("Authorization", "Bearer wrong")], "the key in Authorization is not valid"),
        ([("X-API-Key", "wrong"), ("Authorization", f"Bearer {KEY}")], "correct or remove X-API-Key"),
        ([("Authorization", f"Bearer {KEY}"), ("X-API-Key", "")], "correct or remove X-API-Key"),
        ([("X-API-Key", KEY), ("X-API-Key", KEY)], "several API keys"),
        ([("Authorization", f"Bearer {KEY}"), ("Authorization", "Bearer wrong")], "several API keys"),
    ],
)
async def test_a_refusal_says_which_key_is_wrong(
    guarded: FastAPI, connect: Connect, headers: list[tuple[str, str]], hint: str
) -> None:
    async with connect(guarded) as client:
        problem = problem_of(await client.get("/items", headers=headers), "unauthorized")
    assert hint in problem.detail
    assert KEY not in problem.detail


async def test_a_bearer_token_for_somebody_else_does_no_harm(guarded: FastAPI, connect: Connect) -> None:
    async with connect(guarded) as client:
        both = {**RIGHT, "Authorization": "Bearer of-the-shop"}
        assert (await client.get("/items", headers=both)).status_code == 200


async def test_refusals_are_counted_and_limited_and_a_valid_key_always_opens(
    guarded: FastAPI, connect: Connect
) -> None:
    async with connect(guarded) as client:
        for _ in range(3):
            problem_of(await client.get("/items"), "unauthorized")
        for _ in range(2):
            problem_of(await client.get("/items", headers={"X-API-Key": "wrong"}), "unauthorized")
        limited = await client.get("/items", headers={"X-API-Key": "wrong"})
        problem = problem_of(limited, "rate_limited")
        assert 1 <= int(limited.headers["retry-after"]) <= 60
        assert limited.headers["www-authenticate"] == "Bearer"
        assert "the key in X-API-Key is not valid" in problem.detail
        # Clients that share a proxy's address cannot lock each other out.
        assert (await client.get("/items", headers=RIGHT)).status_code == 200
        # Health stays open to everyone.
        assert (await client.get("/livez", headers={"X-API-Key": "wrong"})).status_code == 200
        metrics = (await client.get("/metrics", headers=RIGHT)).text.splitlines()
    assert 'lookalike_unauthorized_total{reason="missing"} 3.0' in metrics
    assert 'lookalike_unauthorized_total{reason="wrong"} 4.0' in metrics
    assert 'lookalike_http_requests_total{method="GET",route="unmatched",status="401"} 5.0' in metrics
    assert 'lookalike_http_requests_total{method="GET",route="unmatched",status="429"} 1.0' in metrics


def test_each_address_has_a_limit_of_its_own_for_a_minute() -> None:
    now = 100.0
    limit = RefusalLimit(2, clock=lambda: now)
    assert [limit.wait_s("a") for _ in range(4)] == [0, 0, 60, 60]
    assert limit.wait_s("b") == 0
    now += 59.9
    assert limit.wait_s("a") == 1
    now += 0.2
    assert [limit.wait_s("a") for _ in range(3)] == [0, 0, 60]


def test_many_addresses_take_bounded_memory() -> None:
    now = 0.0
    limit = RefusalLimit(1, clock=lambda: now)
    for number in range(20_000):
        now += 0.000_1
        assert limit.wait_s(f"address {number}") == 0
    assert len(limit) == 4096
    assert limit.wait_s("address 19999") > 0
    assert limit.wait_s("address 0") == 0


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("x" * 1000, "x" * 64),
    ],
)
def test_an_address_is_what_one_customer_has(host: str, address: str) -> None:
    assert address_of({"type": "http", "client": (host, 1)}) == address
    assert address_of({"type": "http", "client": None}) == ""


async def test_readiness_gives_reasons_only_to_those_with_a_key(guarded: FastAPI, connect: Connect) -> None:
    async with connect(guarded) as client:
        for headers in ({}, {"X-API-Key": "wrong"}):
            told = await client.get("/readyz", headers=headers)
            assert told.status_code == 503
            assert "secret" not in told.text
            assert told.json()["checks"]["index"] == "ok"
            assert "send an API key" in told.json()["checks"]["redis"]
        assert "redis.secret.example" in (await client.get("/readyz", headers=RIGHT)).text
        bearer = {"Authorization": f"Bearer {KEY}"}
        assert "secret-model" in (await client.get("/readyz", headers=bearer)).text


async def test_the_documentation_shows_the_catalogue_only_to_those_with_a_key(
    guarded: FastAPI, connect: Connect, bundle: Bundle, client: httpx2.AsyncClient
) -> None:
    values = {bundle.items.id(0), "gender", "Women"}
    async with connect(guarded) as guarded_client:
        neutral = await guarded_client.get("/openapi.json")
        assert not [value for value in values if value in neutral.text]
        told = await guarded_client.get("/openapi.json", headers=RIGHT)
        assert all(value in told.text for value in values)
        # A cache between must keep the two apart.
        assert neutral.headers["vary"] == told.headers["vary"] == "X-API-Key, Authorization, Accept-Encoding, Origin"
        tagged = await guarded_client.get("/openapi.json", headers={"If-None-Match": told.headers["etag"]})
        assert tagged.status_code == 200
        again = await guarded_client.get("/openapi.json", headers={"If-None-Match": neutral.headers["etag"]})
        assert again.status_code == 304
    every = [p for path in neutral.json()["paths"].values() for each in path.values() for p in each["parameters"]]
    assert all("example" in p for p in every if p["name"] != "job_id" and p["in"] != "header")
    # Where no key is needed, everyone sees what works.
    shown = (await client.get("/openapi.json")).text
    assert all(value in shown for value in values)


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}, "LOOKALIKE_CORS_ORIGINS"),
        ({"Origin": "https://shop.example", "Access-Control-Request-Method": "DELETE"}, "this method (GET, HEAD, POST"),
        (
            {
                "Origin": "https://shop.example",
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "x-evil",
            },
            "one of these headers",
        ),
    ],
)
async def test_a_refused_preflight_is_a_problem(
    guarded: FastAPI, connect: Connect, headers: dict[str, str], said: str
) -> None:
    async with connect(guarded) as client:
        refused = await client.options("/similar", headers=headers)
    assert said in problem_of(refused, "invalid_parameter").detail
    assert int(refused.headers["content-length"]) == len(refused.content)
    allowed = refused.headers.get("access-control-allow-origin")
    assert allowed == (None if "evil" in headers["Origin"] else "https://shop.example")


@pytest.mark.services
def test_a_real_server_forges_no_log_line_and_tells_nothing_without_a_key(bundle: Bundle, bundles: Path) -> None:
    with running(bundles, LOOKALIKE_ACCESS_LOG="true", LOOKALIKE_API_KEYS=KEY) as server:
        for path in ("/a%0a2026-01-01%20INFO%20forged%1b%5b31m", "/a%c2%85%e2%80%a8b", "/end"):
            assert server.curl(path)[0] == 401
        status, body = server.curl("/readyz")
        assert (status, "127.0.0.1" in body) == (503, False)
        status, body = server.curl("/readyz", "-H", f"X-API-Key: {KEY}")
        assert "127.0.0.1" in json.loads(body)["checks"]["redis"]
        assert server.process.stderr is not None
        lines: list[str] = []
        while not lines or " /end " not in lines[-1]:
            lines.append(server.process.stderr.readline())
    paths = [line.split(" lookalike.access: ")[1].split(" ")[1] for line in lines if "lookalike.access" in line]
    assert [path for path in paths if path != "/metrics"] == [
        "/a%0A2026-01-01%20INFO%20forged%1B%5B31m",
        "/a%C2%85%E2%80%A8b",
        "/end",
    ]
    assert all(line.rstrip("\n").isprintable() for line in lines)

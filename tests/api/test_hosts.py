"""Which hosts are answered for, so that no other page can pass as ours by DNS rebinding."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.http.hosts import HostRule, host_rule
from api.http.listening import is_loopback
from api.settings import ApiSettings
from contracts.errors import LaunchError
from index.bundle import Bundle
from tests.api.answers import problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder
from tests.api.real_server import Server, running

ALWAYS = ("localhost", "shop.localhost", "127.0.0.1", "192.168.1.20", "[::1]", "localhost.")
OF_THE_NETWORK = ("printer", "shop.local", "shop.internal")
OUTSIDE = (
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evillocal",
    "1.2.3.4.5",
    "notlocalhost.x",
)
KEYS = (SecretStr("a-key-of-19-letters"),)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.1"])
def test_an_open_service_on_a_loopback_address_answers_for_this_machine(host: str) -> None:
    rule = host_rule(ApiSettings(), host, 8000)
    assert all(map(rule.allows, ALWAYS))
    assert not any(map(rule.allows, (*OF_THE_NETWORK, "evil.example", "localhost.evil.example")))


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_an_open_service_for_the_network_answers_for_names_that_nobody_can_register(host: str) -> None:
    rule = host_rule(ApiSettings(open=True), host, 8000)
    assert all(map(rule.allows, (*ALWAYS, *OF_THE_NETWORK)))
    assert not any(map(rule.allows, ("evil.example", "127.0.0.1.evil.example", "1.2.3.4.5")))


def test_with_keys_any_name_will_do_unless_names_are_set() -> None:
    assert all(map(host_rule(ApiSettings(api_keys=KEYS), "127.0.0.1", 8000).allows, (*ALWAYS, *OUTSIDE)))
    rule = host_rule(ApiSettings(api_keys=KEYS, allowed_hosts=("Shop.Example", "*.cdn.example")), "0.0.0.0", 8000)
    assert all(map(rule.allows, (*ALWAYS, "shop.example", "a.cdn.example", "a.b.cdn.example")))
    assert not any(map(rule.allows, (*OUTSIDE, "cdn.example", "evilcdn.example", "a.shop.example", "printer")))
    assert host_rule(ApiSettings(allowed_hosts=("*",)), "127.0.0.1", 8000).allows("evil.example")


def test_what_is_no_address_is_a_sentence() -> None:
    assert not is_loopback("0.0.0.0", 8000)
    for host in ("no.such.host.invalid", "a" * 300, "127.0.0.1:8000"):
        with pytest.raises(LaunchError, match="choose another --host"):
            is_loopback(host, 8000)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "", "a b", "x@y", "[::1", "a/b", "localhost:x"])
async def test_a_refused_host_is_a_problem(settings: ApiSettings, bundle: Bundle, connect: Connect, host: str) -> None:
    app = create_app(settings, bundle, FakeEmbedder(), hosts=HostRule())
    async with connect(app) as client:
        refused = await client.get("/items", headers={"Host": host})
        problem_of(refused, "invalid_parameter")
        assert (await client.get("/items", headers={"Host": "LocalHost:8000"})).status_code == 200
        for _ in range(2):
            assert (await client.get("/items", headers={"Host": "[::1]:8000"})).status_code == 200


async def test_the_refusal_says_what_to_set(client: httpx2.AsyncClient, bundle: Bundle, connect: Connect) -> None:
    async with connect(create_app(ApiSettings(), bundle, FakeEmbedder(), hosts=HostRule())) as strict:
        problem = problem_of(await strict.get("/livez", headers={"Host": "shop.example"}), "invalid_parameter")
    assert "shop.example" in problem.detail
    assert "LOOKALIKE_ALLOWED_HOSTS" in problem.detail


@pytest.fixture(scope="module")
def server(bundle: Bundle, bundles: Path) -> Iterator[Server]:
    """As `lookalike serve` starts it, without any setting about hosts."""
    with running(bundles, LOOKALIKE_ALLOWED_HOSTS="") as server:
        yield server


@pytest.mark.services
@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /livez HTTP/1.1\r\n", b"400"),
        (b"GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n", b"400"),
        (b"GET /livez HTTP/1.0\r\nHost: localhost\r\nHost: evil.example\r\n", b"400"),
        (b"GET /livez HTTP/1.1\r\nHost: evil.example\r\n", b"400"),
        (b"GET http://localhost/livez HTTP/1.1\r\nHost: evil.example\r\n", b"400"),
        (b"OPTIONS /similar HTTP/1.1\r\nHost: evil.example\r\n", b"400"),
        (b"GET /livez HTTP/1.1\r\nHost: localhost:1234\r\n", b"200"),
        (b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n", b"200"),
        # Health checks of old load balancers.
        (b"GET /livez HTTP/1.0\r\n", b"200"),
    ],
)
def test_a_real_server_minds_the_host(server: Server, head: bytes, status: bytes) -> None:
    answered, _, body = server.exchange(head + b"Connection: close\r\n\r\n").partition(b"\r\n\r\n")
    assert answered.split(b" ")[1] == status
    if status == b"400":
        assert b"application/problem+json" in answered
        assert json.loads(body)["code"] == "invalid_parameter"

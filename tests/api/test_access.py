"""API keys, CORS, request ids, and the answers of the framework itself."""

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import create_app
from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.answers import problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder

OPEN = ["/", "/livez", "/readyz", "/readyz/items", "/docs", "/docs/swagger-ui.css", "/openapi.json"]
GUARDED = ["/items", "/items/15010", "/items/15010/similar", "/items/15010/image", "/attributes", "/metrics",
           "/jobs/" + "0" * 32, "/nothing", "/page", "/docs2", "/livez/"]  # fmt: skip


@pytest.fixture
def guarded(bundle: Bundle) -> FastAPI:
    settings = ApiSettings(
        redis_url="redis://127.0.0.1:1/0",
        api_keys=(SecretStr("the-first-of-two-keys"), SecretStr("the-second-of-two-keys")),
        cors_origins=("https://shop.example",),
    )
    return create_app(settings, bundle, FakeEmbedder())


async def test_keys_are_asked_for(guarded: FastAPI, connect: Connect) -> None:
    async with connect(guarded) as client:
        for path in GUARDED:
            response = await client.get(path)
            problem_of(response, "unauthorized")
            assert response.headers["www-authenticate"] == "Bearer"
        problem_of(await client.post("/similar", files={"image": b"x"}), "unauthorized")
        for path in OPEN:
            assert (await client.get(path)).status_code != 401, path


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": "the-first-of-two-keys"},
        {"x-api-key": "the-second-of-two-keys"},
        {"Authorization": "Bearer the-first-of-two-keys"},
        {"Authorization": "bearer the-second-of-two-keys"},
    ],
)
async def test_every_key_opens(guarded: FastAPI, connect: Connect, headers: dict[str, str]) -> None:
    async with connect(guarded) as client:
        response = await client.get("/items/15010/similar", headers=headers)
        assert response.status_code == 200
        assert "the-first-of-two-keys" not in response.text
        picture = await client.get("/items/15010/image", headers=headers)
        assert picture.headers["cache-control"].startswith("private")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": ""},
        {"X-API-Key": "the-first-of-two-keys,the-second-of-two-keys"},
        {"X-API-Key": "the-first-of-two-key"},
        {"X-API-Key": "THE-FIRST-OF-TWO-KEYS"},
        {"X-API-Key": "x" * 100_000},
        {"Authorization": "the-first-of-two-keys"},
        {"Authorization": "Basic the-first-of-two-keys"},
        {"Authorization": "Bearer"},
        {"Cookie": "X-API-Key=the-first-of-two-keys"},
    ],
)
async def test_nothing_else_opens(guarded: FastAPI, connect: Connect, headers: dict[str, str]) -> None:
    async with connect(guarded) as client:
        problem_of(await client.get("/items", headers=headers), "unauthorized")
        problem_of(await client.get("/items?api_key=the-first-of-two-keys", headers=headers), "unauthorized")


async def test_open_paths_stay_open_below_a_root_path(bundle: Bundle, connect: Connect) -> None:
    app = create_app(
        ApiSettings(api_keys=(SecretStr("a-key-of-19-letters"),), root_path="/look"), bundle, FakeEmbedder()
    )
    async with connect(app) as client:
        assert (await client.get("/look/livez")).status_code == 200
        problem_of(await client.get("/look/items"), "unauthorized")


async def test_preflight_needs_no_key_and_refusals_can_be_read(guarded: FastAPI, connect: Connect) -> None:
    async with connect(guarded) as client:
        preflight = await client.options(
            "/similar",
            headers={
                "Origin": "https://shop.example",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "x-api-key",
            },
        )
        assert preflight.status_code == 200
        assert preflight.headers["access-control-allow-origin"] == "https://shop.example"
        assert "access-control-allow-credentials" not in preflight.headers
        refused = await client.get("/items", headers={"Origin": "https://shop.example"})
        problem_of(refused, "unauthorized")
        assert refused.headers["access-control-allow-origin"] == "https://shop.example"
        assert "X-Request-Id" in refused.headers["access-control-expose-headers"]
        stranger = await client.get(
            "/items", headers={"Origin": "https://other.example", "X-API-Key": "the-first-of-two-keys"}
        )
        assert "access-control-allow-origin" not in stranger.headers


async def test_no_origin_is_allowed_by_default(client: httpx2.AsyncClient) -> None:
    response = await client.get("/items", headers={"Origin": "https://shop.example"})
    assert not [name for name in response.headers if name.startswith("access-control")]


@pytest.mark.parametrize("sent", ["a", "order-17/3", "x" * 128, "~!@#$%^&*()"])
async def test_request_id_is_echoed(client: httpx2.AsyncClient, sent: str) -> None:
    response = await client.get("/items", headers={"X-Request-Id": sent})
    assert response.headers["x-request-id"] == response.json()["request_id"] == sent
    assert problem_of(await client.get("/items/no", headers={"X-Request-Id": sent}), "unknown_item").request_id == sent


@pytest.mark.parametrize("sent", ["", "x" * 129, "with space", "t\tab", "\u00e9"])
async def test_unusable_request_id_is_replaced(client: httpx2.AsyncClient, sent: str) -> None:
    response = await client.get("/items", headers=[(b"X-Request-Id", sent.encode("latin-1"))])
    made = response.headers["x-request-id"]
    assert made != sent
    assert len(made) == 32


async def test_every_answer_has_an_id_of_its_own(client: httpx2.AsyncClient) -> None:
    seen = {(await client.get(path)).headers["x-request-id"] for path in ("/", "/livez", "/nothing", "/docs", "/items")}
    assert len(seen) == 5


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/similar", "GET, HEAD, POST"),
        ("POST", "/items", "GET, HEAD"),
        ("DELETE", "/items", "GET, HEAD"),
        ("POST", "/items/15010/similar", "GET, HEAD"),
        ("PUT", "/embeddings", "POST"),
        ("POST", "/", "GET, HEAD"),
        ("OPTIONS", "/items", "GET, HEAD"),
        ("BREW", "/livez", "GET, HEAD"),
    ],
)
async def test_wrong_method_names_the_right_ones(
    client: httpx2.AsyncClient, method: str, path: str, allowed: str
) -> None:
    response = await client.request(method, path)
    problem_of(response, "method_not_allowed")
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["/nothing", "/similar/", "/livez/", "/items15010", "/redoc", "/ITEMS"])
async def test_unknown_paths(client: httpx2.AsyncClient, path: str) -> None:
    assert problem_of(await client.get(path), "not_found").instance == path


async def test_unexpected_errors_tell_nothing(
    app: FastAPI, client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture, embedder: FakeEmbedder
) -> None:
    class Surprising(FakeEmbedder):
        def health(self):  # type: ignore[no-untyped-def]
            raise ZeroDivisionError("secret reason")

    embedder.__class__ = Surprising
    response = await client.get("/readyz")
    problem = problem_of(response, "internal_error")
    assert "secret" not in response.text
    assert "Traceback" not in response.text
    assert problem.request_id in caplog.text
    assert "secret reason" in caplog.text
    embedder.__class__ = FakeEmbedder
    assert (await client.get("/readyz")).status_code == 200

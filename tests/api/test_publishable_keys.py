"""What a key that stands in a page may do, from which pages, and where it may stand itself."""

import hashlib
import logging

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.types import Message

from api.app import create_app
from api.http.problems import ProblemCode
from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.answers import problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder
from tests.api.small_catalogue import draw, encode

SECRET = "the-key-of-the-shops-server"
HASHED = "another-key-of-the-server"
KEY = "pk-of-the-shops-own-pages"
OTHER = "pk-of-another-shops-pages"
SHOP = "https://shop.example"
SIMILAR = "/items/15020/similar"
IMAGE = "/items/15020/image"
JOB = "/jobs/" + "0" * 32
PHOTO = {"image": ("photo.png", encode(draw(1), "PNG"), "image/png")}


def settings(**more: object) -> ApiSettings:
    return ApiSettings.model_validate(
        {
            "redis_url": "redis://127.0.0.1:1/0",
            "api_keys": (SecretStr(SECRET), SecretStr("sha256:" + hashlib.sha256(HASHED.encode()).hexdigest())),
            "publishable_keys": (
                f"{KEY}@{SHOP},{KEY}@http://localhost:3000,"
                f"sha256:{hashlib.sha256(OTHER.encode()).hexdigest()}@https://other.example"
            ),
            **more,
        }
    )


@pytest.fixture
def shop(bundle: Bundle) -> FastAPI:
    return create_app(settings(), bundle, FakeEmbedder())


def sent(key: str = KEY, **headers: str) -> dict[str, str]:
    return {"X-API-Key": key, **{name.replace("_", "-"): value for name, value in headers.items()}}


async def test_it_searches_and_reads_items(shop: FastAPI, connect: Connect) -> None:
    async with connect(shop) as client:
        for path in ("/items", "/items/15020", SIMILAR, IMAGE, "/attributes", "/items/15020%2Fsimilar"):
            for method in ("GET", "HEAD"):
                for headers in (sent(), {"Authorization": f"Bearer {KEY}"}):
                    answer = await client.request(method, path, headers=headers)
                    assert answer.status_code == 200, (method, path)
                    assert answer.headers["x-key-kind"] == "publishable"
        photo = await client.post("/similar", files=PHOTO, headers=sent())
        assert photo.status_code == 200
        assert KEY not in photo.text
        by_token = {"token": photo.json()["query"]["token"]}
        for again in (
            await client.get("/similar", params=by_token, headers=sent()),
            await client.get("/similar", params={**by_token, "key": KEY}),
            await client.get("/similar", params={"key": KEY, **by_token}),
        ):
            assert again.json()["items"] == photo.json()["items"]
            assert KEY not in again.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", JOB),
        ("HEAD", JOB),
        ("GET", "/jobs%2F" + "0" * 32),
        ("POST", "/embeddings"),
        ("GET", "/metrics"),
        ("HEAD", "/metrics"),
        ("GET", "/%6Detrics"),
        ("PUT", "/items/15020"),
        ("PATCH", "/items/15020"),
        ("DELETE", "/items/15020"),
        ("DELETE", "/items%2F15020"),
        ("POST", "/imports"),
        ("GET", "/imports/1"),
        ("POST", "/items"),
        ("PUT", "/similar"),
        ("POST", "/similar/"),
        ("GET", "/nothing"),
        ("OPTIONS", "/items"),
    ],
)
async def test_it_may_do_nothing_else(shop: FastAPI, connect: Connect, method: str, path: str) -> None:
    async with connect(shop) as client:
        url = httpx2.URL("http://lookalike.test").copy_with(raw_path=path.encode())
        answer = await client.request(method, url, headers=sent())
    assert answer.status_code == 403
    if method != "HEAD":
        assert "a publishable key may search and read items only" in problem_of(answer, "forbidden").detail


async def test_it_starts_no_job_with_a_photo(shop: FastAPI, connect: Connect) -> None:
    async with connect(shop) as client:
        for preference in ("respond-async", "wait=10, Respond-Async"):
            problem_of(await client.post("/similar", files=PHOTO, headers=sent(Prefer=preference)), "forbidden")


async def test_it_is_told_no_more_than_those_without_a_key(shop: FastAPI, connect: Connect) -> None:
    async with connect(shop) as client:
        for path in ("/readyz", "/openapi.json"):
            without, with_it = await client.get(path), await client.get(path, headers=sent())
            assert with_it.content == without.content
        assert (await client.get("/openapi.json", headers=sent(SECRET))).content != without.content


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (SHOP, True),
        ("HTTPS://Shop.Example", True),
        (f"{SHOP}:443", True),
        ("http://localhost:3000", True),
        # The page that this service has itself, whose requests have its own host as their origin.
        ("https://lookalike.test", True),
        ("http://lookalike.test", True),
        ("http://shop.example", False),
        (f"{SHOP}:8443", False),
        ("http://localhost", False),
        ("https://shop.example.evil.example", False),
        ("https://evil-shop.example", False),
        ("https://www.shop.example", False),
        ("https://shop.example/", False),
        ("https://shop.example@evil.example", False),
        ("https://other.example", False),
        ("null", False),
        ("", False),
        ("https://shop.example https://evil.example", False),
    ],
)
async def test_it_is_bound_to_origins(shop: FastAPI, connect: Connect, origin: str, allowed: bool) -> None:
    async with connect(shop) as client:
        for answer in (
            await client.get(SIMILAR, headers=sent(Origin=origin)),
            await client.get(IMAGE, params={"key": KEY}, headers={"Origin": origin}),
            await client.post("/similar", files=PHOTO, headers=sent(Origin=origin)),
        ):
            if allowed:
                assert answer.status_code == 200
            else:
                assert "may not use this publishable key" in problem_of(answer, "forbidden").detail


async def test_one_allowed_origin_beside_another_is_not_enough(shop: FastAPI, connect: Connect) -> None:
    async with connect(shop) as client:
        both = [("X-API-Key", KEY), ("Origin", SHOP), ("Origin", "https://evil.example")]
        problem_of(await client.get(SIMILAR, headers=both), "forbidden")


async def test_secret_keys_may_do_everything_given_plainly_or_as_a_hash(shop: FastAPI, connect: Connect) -> None:
    async with connect(shop) as client:
        for key in (SECRET, HASHED):
            for path in ("/metrics", SIMILAR, "/items"):
                answer = await client.get(path, headers=sent(key, Origin="https://any.example"))
                assert answer.status_code == 200
                assert "x-key-kind" not in answer.headers
            # Allowed, but there is no Redis here.
            problem_of(await client.get(JOB, headers=sent(key)), "queue_unavailable")
        # The hash itself opens nothing.
        hashes = [f"sha256:{hashlib.sha256(HASHED.encode()).hexdigest()}", hashlib.sha256(HASHED.encode()).hexdigest()]
        for key in (*hashes, f"{KEY}@{SHOP}"):
            problem_of(await client.get("/items", headers=sent(key)), "unauthorized")


async def test_pages_of_its_origins_can_read_answers_and_refusals(shop: FastAPI, connect: Connect) -> None:
    async with connect(shop) as client:
        preflight = await client.options(
            "/similar",
            headers={
                "Origin": SHOP,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "x-api-key",
            },
        )
        assert preflight.headers["access-control-allow-origin"] == SHOP
        codes: list[tuple[httpx2.Response, ProblemCode]] = [
            (await client.get("/items", headers={"Origin": SHOP}), "unauthorized"),
            (await client.get("/metrics", headers=sent(Origin=SHOP)), "forbidden"),
            # Of another key, whose pages may know why.
            (await client.get("/items", headers=sent(Origin="https://other.example")), "forbidden"),
        ]
        for answer, code in codes:
            problem_of(answer, code)
            assert answer.headers["access-control-allow-origin"] == answer.request.headers["origin"]
            assert "Origin" in answer.headers["vary"]
        # An <img> sends no origin, and a cache must not give its answer to a script that does.
        plain = await client.get("/items", headers=sent())
        assert "Origin" in plain.headers["vary"]
        stranger = await client.get("/items", headers=sent(Origin="https://evil.example"))
        assert "access-control-allow-origin" not in stranger.headers


async def test_a_picture_is_shown_with_the_key_in_its_address(shop: FastAPI, connect: Connect) -> None:
    async with connect(shop) as client:
        for query in (f"key={KEY}", f"key={KEY}&", f"&key={KEY}", f"%6bey={KEY}", f"ke%79={KEY.replace('-', '%2D')}"):
            for method in ("GET", "HEAD"):
                picture = await client.request(method, f"{IMAGE}?{query}")
                assert (picture.status_code, picture.headers["content-type"]) == (200, "image/webp"), query
                assert picture.headers["cache-control"].startswith("private")
                assert {"X-API-Key", "Authorization"} <= set(picture.headers["vary"].split(", "))
                assert picture.headers["referrer-policy"] == "no-referrer"
        problem_of(await client.get(f"{IMAGE}?Key={KEY}", headers=sent()), "invalid_parameter")
        for query in ("key=", "key", f"key={KEY}x", f"key={KEY}%00", f"key=%20{KEY}", "key=" + "x" * 20_000):
            refusal = problem_of(await client.get(f"{IMAGE}?{query}"), "unauthorized")
            assert "the key in the address" in refusal.detail or "several" in refusal.detail


async def test_the_key_is_taken_out_of_the_address(
    bundle: Bundle, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(settings(access_log=True), bundle, FakeEmbedder())
    caplog.set_level(logging.DEBUG)
    async with connect(app) as client:
        first = await client.get(f"{SIMILAR}?limit=3&key={KEY}&offset=1")
        second = await client.get(f"{SIMILAR}?limit=3&offset=1", headers=sent(SECRET))
        # The same answer from memory: the key is no part of the question.
        assert (first.status_code, second.json()["items"]) == (200, first.json()["items"])
        refused = problem_of(await client.get(f"{SIMILAR}?limit=0&key={KEY}"), "invalid_parameter")
        assert refused.instance == SIMILAR
        missing = await client.get(f"/items/none?key={KEY}")
        metrics = await client.get("/metrics", headers=sent(SECRET))
        assert 'lookalike_answer_cache_requests_total{result="hit"} 1.0' in metrics.text
    for text in (first.text, str(first.headers), missing.text, metrics.text, refused.detail):
        assert KEY not in text
    assert SIMILAR in caplog.text
    # The client of this test logs the addresses that it asks for.
    assert not [record for record in caplog.records if KEY in record.getMessage() and "httpx" not in record.name]


async def test_answers_in_memory_need_the_key_too(shop: FastAPI, connect: Connect) -> None:
    async with connect(shop) as client:
        for _ in range(2):
            tagged = await client.get(IMAGE, params={"key": KEY})
            assert (await client.get(SIMILAR, params={"key": KEY})).status_code == 200
        for path in (SIMILAR, f"{SIMILAR}?key=wrong", IMAGE):
            problem_of(await client.get(path, headers={"If-None-Match": tagged.headers["etag"]}), "unauthorized")
        same = await client.get(IMAGE, params={"key": KEY}, headers={"If-None-Match": tagged.headers["etag"]})
        assert (same.status_code, same.headers["cache-control"][:7]) == (304, "private")


@pytest.mark.parametrize(
    ("method", "query", "headers", "code", "hint"),
    [
        ("GET", f"key={SECRET}", {}, "unauthorized", "a secret key must not stand in an address"),
        ("GET", f"key={HASHED}", {}, "unauthorized", "a secret key must not stand in an address"),
        ("GET", f"key={SECRET}", sent(SECRET), "unauthorized", "a secret key must not stand in an address"),
        ("GET", f"key={KEY}&key={KEY}", {}, "invalid_parameter", "'key' is given more than once"),
        ("GET", f"key={KEY}&k%65y=", sent(), "invalid_parameter", "'key' is given more than once"),
        ("POST", f"key={KEY}", {}, "unauthorized", "a key in the address is accepted with GET only"),
        ("POST", f"key={KEY}", sent(SECRET), "unauthorized", "a key in the address is accepted with GET only"),
        ("GET", f"key={KEY}", sent(SECRET), "unauthorized", "several API keys"),
        ("GET", f"key={KEY}", sent(OTHER), "unauthorized", "several API keys"),
        ("GET", f"key={KEY}", sent("wrong"), "unauthorized", "several API keys"),
        ("GET", "key=wrong", sent(SECRET), "unauthorized", "several API keys"),
        ("GET", f"key={KEY}", {"Authorization": f"Bearer {SECRET}"}, "unauthorized", "several API keys"),
        ("GET", "", {"X-API-Key": KEY, "Authorization": f"Bearer {SECRET}"}, "unauthorized", "several API keys"),
        ("GET", "key=wrong", {"Authorization": f"Bearer {KEY}"}, "unauthorized", "correct or remove the address"),
    ],
)
async def test_a_key_in_the_wrong_place(
    shop: FastAPI, connect: Connect, method: str, query: str, headers: dict[str, str], code: ProblemCode, hint: str
) -> None:
    path = SIMILAR if method == "GET" else "/similar"
    async with connect(shop) as client:
        answer = await client.request(method, f"{path}?{query}", headers=headers)
        assert hint in problem_of(answer, code).detail
        assert not any(key in answer.text for key in (SECRET, HASHED, KEY, OTHER))


async def test_a_key_beside_what_is_meant_for_others(shop: FastAPI, connect: Connect) -> None:
    async with connect(shop) as client:
        for headers in ({}, sent(), {"Authorization": "Bearer of-the-shop"}, {"Authorization": f"Bearer {KEY}"}):
            assert (await client.get(SIMILAR, params={"key": KEY}, headers=headers)).status_code == 200


async def test_secret_keys_in_addresses_are_counted_and_limited_everywhere(bundle: Bundle, connect: Connect) -> None:
    app = create_app(settings(unauthorized_per_minute=4), bundle, FakeEmbedder())
    async with connect(app) as client:
        for path in ("/items", "/", "/livez", "/openapi.json"):
            problem_of(await client.get(f"{path}?key={SECRET}"), "unauthorized")
        # Guessing in addresses counts as guessing in headers does.
        for number in range(3):
            problem_of(await client.get(f"/items?key=guess-{number}"), "rate_limited")
        metrics = (await client.get("/metrics", headers=sent(SECRET))).text.splitlines()
    assert 'lookalike_unauthorized_total{reason="in_url"} 4.0' in metrics
    assert 'lookalike_unauthorized_total{reason="wrong"} 3.0' in metrics


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/similar", {}, 401),
        ("/similar", {"x-api-key": "wrong"}, 401),
        ("/similar", {"x-api-key": KEY, "origin": "https://evil.example"}, 403),
        ("/embeddings", {"x-api-key": KEY}, 403),
    ],
)
async def test_refusals_come_before_the_body_is_read(
    shop: FastAPI, path: str, headers: dict[str, str], status: int
) -> None:
    happened: list[object] = []

    async def receive() -> Message:
        happened.append("read")
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        happened.append(message.get("status", "body"))

    fields = {"host": "lookalike.test", "content-length": "9999999", **headers}
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "http_version": "1.1",
        "client": ("192.0.2.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in fields.items()],
    }
    await shop(scope, receive, send)
    # Only once the answer is on its way, what still comes is discarded.
    assert happened[:2] == [status, "body"]


async def test_pictures_can_be_open_and_nothing_else(bundle: Bundle, connect: Connect) -> None:
    async with connect(create_app(settings(open_pictures=True), bundle, FakeEmbedder())) as client:
        for method in ("GET", "HEAD"):
            picture = await client.request(method, IMAGE)
            assert picture.status_code == 200
            assert picture.headers["cache-control"].startswith("public")
        # As for all that needs no key, a wrong one is no hindrance, unless it is a secret that does not belong there.
        assert (await client.get(f"{IMAGE}?key=old")).status_code == 200
        problem_of(await client.get(f"{IMAGE}?key={SECRET}"), "unauthorized")
        for path in ("/items", "/items/15020", SIMILAR, "/image", "/jobs/image", "/metrics"):
            problem_of(await client.get(path), "unauthorized")
        problem_of(await client.put(IMAGE), "unauthorized")
        problem_of(await client.post("/similar", files=PHOTO), "unauthorized")


async def test_pictures_are_closed_by_default(shop: FastAPI, connect: Connect) -> None:
    async with connect(shop) as client:
        problem_of(await client.get(IMAGE), "unauthorized")


async def test_a_service_without_keys_ignores_one_in_the_address(client: httpx2.AsyncClient) -> None:
    for path in (SIMILAR, IMAGE, "/items"):
        assert (await client.get(path, params={"key": "of another service"})).status_code == 200
    problem_of(await client.post("/similar?key=x", files=PHOTO), "invalid_parameter")
    assert "x-key-kind" not in (await client.get("/items")).headers


async def test_rights_hold_below_a_root_path(bundle: Bundle, connect: Connect) -> None:
    app = create_app(settings(root_path="/look", open_pictures=True), bundle, FakeEmbedder())
    async with connect(app) as client:
        assert (await client.get("/look/items", headers=sent())).status_code == 200
        assert (await client.get(f"/look{IMAGE}")).status_code == 200
        problem_of(await client.get("/look/metrics", headers=sent()), "forbidden")

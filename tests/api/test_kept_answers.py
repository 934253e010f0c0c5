"""Answers that clients and caches keep: ETag, 304 and Cache-Control."""

import json
from pathlib import Path

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
from tests.api.live_catalogue import open_shop
from tests.api.small_catalogue import draw, encode

KEY = "a-key-of-sixteen-characters"
SIMILAR = "/items/15020/similar?limit=24"
KEPT = [SIMILAR, "/items?limit=48", "/items?sample=random&seed=3", "/items/15020", "/attributes"]


async def ask(client: httpx2.AsyncClient, url: str, accept: str = "identity", **headers: str) -> httpx2.Response:
    sent = {"Accept-Encoding": accept, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await client.get(url, headers=sent)


@pytest.mark.parametrize("url", [*KEPT, "/attributes?field=title&prefix=ga", "/", "/openapi.json"])
async def test_who_has_an_answer_does_not_get_it_again(client: httpx2.AsyncClient, url: str) -> None:
    for accept in ("identity", "gzip", "zstd"):
        first = await ask(client, url, accept)
        etag = first.headers["etag"]
        assert etag.startswith('"')
        for known in (etag, f"W/{etag}", f'"other", {etag}', f'W/"x",W/{etag} , "y"', "*"):
            for method in ("GET", "HEAD"):
                headers = {"If-None-Match": known, "Accept-Encoding": accept}
                again = await client.request(method, url, headers=headers)
                assert (again.status_code, again.content) == (304, b""), known
                assert "content-encoding" not in again.headers
                assert "content-length" not in again.headers
                for field in ("vary", "cache-control"):
                    assert again.headers[field] == first.headers[field]
                if known != "*":
                    assert again.headers["etag"] == etag
        for other in ('"other"', etag.strip('"'), "", etag[:-2] + '"', f'"{etag}"'):
            assert (await ask(client, url, accept, If_None_Match=other)).status_code == 200


async def test_a_photo_by_its_token_is_kept_too(client: httpx2.AsyncClient) -> None:
    sent = await client.post("/similar", files={"image": encode(draw(3))})
    assert "etag" not in sent.headers
    url = f"/similar?limit=24&token={sent.json()['query']['token']}"
    for accept in ("identity", "gzip", "gzip"):
        first = await ask(client, url, accept)
        again = await ask(client, url, accept, If_None_Match=first.headers["etag"])
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
        assert first.headers["cache-control"] == "no-cache"
    # A tag from somebody else opens nothing that a token would not.
    wrong = await ask(client, f"{url[:-4]}AAAA", If_None_Match=first.headers["etag"])
    problem_of(wrong, "invalid_parameter")


async def test_tags_of_several_fields_count(client: httpx2.AsyncClient) -> None:
    etag = (await ask(client, SIMILAR)).headers["etag"]
    fields = [("Accept-Encoding", "gzip"), ("If-None-Match", '"other"'), ("If-None-Match", etag)]
    assert (await client.get(SIMILAR, headers=fields)).status_code == 304


@pytest.mark.parametrize("url", [SIMILAR, "/items?limit=48"])
async def test_a_tag_counts_for_who_can_read_its_coding(client: httpx2.AsyncClient, url: str) -> None:
    """Tags travel from client to client, and proxies pack by themselves."""
    plain, gzip, zstd = [(await ask(client, url, accept)).headers["etag"] for accept in ("identity", "gzip", "zstd")]
    assert len({plain, gzip, zstd}) == 3
    for accept, known, status in (
        ("identity", gzip, 200),
        ("identity", zstd, 200),
        ("gzip", zstd, 200),
        ("zstd", gzip, 200),
        ("gzip, zstd", gzip, 304),
        # What it has is as good as what would be sent.
        ("gzip", plain, 304),
        ("zstd", f"W/{plain}", 304),
        ("gzip, identity;q=0", plain, 200),
        ("gzip, identity;q=0", gzip, 304),
    ):
        answer = await ask(client, url, accept, If_None_Match=known)
        assert answer.status_code == status, (accept, known)
        if status == 304:
            assert answer.headers["etag"] == known.removeprefix("W/")


async def test_each_question_has_a_tag_of_its_own(client: httpx2.AsyncClient) -> None:
    urls = [*KEPT, "/items?limit=47", "/items/15021", "/items/15020?fields=title", "/items/15020?fields=none"]
    urls += [f"{SIMILAR}{more}" for more in ("&offset=1", "&fields=none", "&facets=year", "&filter=gender:Men")]
    tags = [(await ask(client, url)).headers["etag"] for url in urls]
    assert len(set(tags)) == len(urls)
    assert tags == [(await ask(client, url)).headers["etag"] for url in urls]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("/items/unknown", "unknown_item"),
        ("/items/unknown/similar", "unknown_item"),
        ("/items/15020/similar?limit=0", "invalid_parameter"),
        ("/items?filter=unknown:x", "invalid_parameter"),
        ("/attributes?field=unknown", "invalid_parameter"),
    ],
)
async def test_errors_have_no_tag_and_are_never_304(client: httpx2.AsyncClient, url: str, code: ProblemCode) -> None:
    problem = await client.get(url, headers={"If-None-Match": "*"})
    problem_of(problem, code)
    assert "etag" not in problem.headers


async def test_an_order_that_is_drawn_is_not_kept(client: httpx2.AsyncClient) -> None:
    drawn = await client.get("/items?sample=random")
    assert drawn.headers["cache-control"] == "no-store"
    assert (await client.get(f"/items?sample=random&seed={drawn.json()['seed']}")).headers[
        "cache-control"
    ] == "no-cache"


@pytest.mark.parametrize(
    ("setting", "keys", "cache_control", "vary"),
    [
        ("public, max-age=60", (), "public, max-age=60", "Accept-Encoding"),
        ("public, max-age=60", (KEY,), "private, max-age=60", "Accept-Encoding, X-API-Key, Authorization"),
        ("", (), None, "Accept-Encoding"),
        ("", (KEY,), "private", "Accept-Encoding, X-API-Key, Authorization"),
    ],
)
async def test_cache_control_is_the_operators(
    settings: ApiSettings,
    bundle: Bundle,
    embedder: FakeEmbedder,
    connect: Connect,
    setting: str,
    keys: tuple[str, ...],
    cache_control: str | None,
    vary: str,
) -> None:
    update = {"cache_control": setting, "api_keys": tuple(map(SecretStr, keys))}
    async with connect(create_app(settings.model_copy(update=update), bundle, embedder)) as client:
        for url in [*KEPT, SIMILAR]:
            first = await ask(client, url, X_API_Key=KEY)
            again = await ask(client, url, X_API_Key=KEY, If_None_Match=first.headers["etag"])
            assert (first.status_code, again.status_code) == (200, 304)
            for answer in (first, again):
                assert answer.headers.get("cache-control") == cache_control
                assert answer.headers["vary"] == vary
            if keys:
                # Knowing a tag is no key.
                refused = await ask(client, url, If_None_Match=first.headers["etag"])
                problem_of(refused, "unauthorized")
        # Not of what is no answer about items.
        assert (await ask(client, "/", X_API_Key=KEY)).headers["cache-control"] == "no-cache"


async def test_a_change_of_the_catalogue_changes_the_tags(
    tmp_path: Path, bundle: Bundle, settings: ApiSettings
) -> None:
    async with open_shop(tmp_path, bundle, settings) as shop:
        client = shop.client
        changed = [SIMILAR, SIMILAR, "/items?limit=48", "/items/15020", "/attributes"]
        before = {url: (await ask(client, url, "gzip")).headers["etag"] for url in changed}
        other = (await ask(client, "/items/15021")).headers["etag"]
        patch = json.dumps({"baseColour": "Teal"})
        kind = {"Content-Type": "application/merge-patch+json"}
        done = await client.patch("/items/15020", content=patch, headers=kind)
        assert done.status_code == 200, done.text
        for url, etag in before.items():
            answer = await ask(client, url, "gzip", If_None_Match=etag)
            assert (answer.status_code, answer.headers["etag"] == etag) == (200, False), url
        assert (await ask(client, "/items/15021", If_None_Match=other)).status_code == 304
        # The tag of a GET is not the version that a change may demand.
        refused = await client.patch("/items/15020", content=patch, headers={**kind, "If-Match": other})
        assert "the ETag of a GET names an answer" in problem_of(refused, "precondition_failed").detail

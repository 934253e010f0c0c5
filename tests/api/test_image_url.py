"""Pictures by their address: of photos to search for, and of items."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from api.app import create_app
from api.http.problems import ProblemCode
from api.settings import ApiSettings
from catalogue.live_catalogue import LiveCatalogue
from fetching.fetcher_process import FetcherProcess
from fetching.rules import UrlRules
from index.bundle import Bundle
from storage.picture_store import open_picture_store
from tests.api.answers import problem_of
from tests.api.conftest import connected
from tests.api.fake_embedder import FakeEmbedder
from tests.api.live_catalogue import make_database
from tests.api.small_catalogue import draw, encode

PICTURE = encode(draw(20), "PNG")
# Answers without a network; the process around it is the real one.
CHILD = """
import os, sys, time
from contracts.errors import UnreachableError, UrlRefusedError
from fetching.child import serve
from fetching.fetching import Fetched
from fetching.validators import Validators
def fetch(request, rules, is_abandoned):
    path = request.url.rpartition("/")[2]
    if path == "shirt.png":
        return Fetched(open(sys.argv[1], "rb").read(), Validators(None, None))
    if path == "text":
        return Fetched(b"no picture", Validators(None, None))
    if path == "redirects":
        raise UrlRefusedError("it leads into a private network")
    raise UnreachableError("nothing came")
serve(sys.stdin.buffer, sys.stdout.buffer, fetch)
os._exit(0)
"""


@pytest.fixture
async def client(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> AsyncIterator[httpx2.AsyncClient]:
    (tmp_path / "shirt.png").write_bytes(PICTURE)
    allowing = settings.model_copy(update={"image_url_hosts": ("shop.example",)})
    fetcher = FetcherProcess(
        UrlRules(("shop.example",), allow_http=False),
        command=(sys.executable, "-c", CHILD, str(tmp_path / "shirt.png")),
    )
    url = await asyncio.to_thread(make_database, tmp_path / "catalogue.db", bundle)
    app = create_app(
        allowing,
        bundle,
        FakeEmbedder(),
        catalogue=LiveCatalogue.open(url, create=False),
        store=open_picture_store(tmp_path / "pictures"),
        spool=tmp_path / "imports",
        fetcher=fetcher,
    )
    async with connected(app) as client:
        yield client


async def test_a_photo_and_an_item_by_address(client: httpx2.AsyncClient, bundle: Bundle) -> None:
    address = {"image_url": "https://shop.example/shirt.png"}
    found = (await client.post("/similar?limit=1", json=address)).json()
    assert found["items"][0]["id"] == bundle.items.id(20)
    by_bytes = (await client.post("/similar?limit=1", files={"image": PICTURE})).json()
    assert found["items"] == by_bytes["items"]
    boxed = (await client.post("/similar", json=address | {"box": [0, 0, 0.5, 1], "detect": False})).json()
    assert boxed["query"]["box"] == [0, 0, 0.5, 1]
    made = await client.put("/items/a", json=address | {"attributes": {"title": "A"}})
    assert (made.status_code, made.json()["item"]["attributes"]) == (201, {"title": "A"})
    assert (await client.get("/items/a/image")).content == PICTURE
    queued = await client.post("/imports", json={"url": "https://shop.example/feed.xml"})
    assert queued.status_code == 202


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("https://shop.example/gone", "image_unreachable"),
        ("https://shop.example/redirects", "image_url_refused"),
        ("https://shop.example/text", "unsupported_media_type"),
        ("http://shop.example/shirt.png", "image_url_refused"),
        ("https://other.example/shirt.png", "image_url_refused"),
        ("https://127.0.0.1/shirt.png", "image_url_refused"),
        ("file:///etc/passwd", "image_url_refused"),
        ("https://user@shop.example/shirt.png", "image_url_refused"),
        ("", "image_url_refused"),
    ],
)
async def test_addresses_that_give_no_picture(client: httpx2.AsyncClient, url: str, code: ProblemCode) -> None:
    problem_of(await client.post("/similar", json={"image_url": url}), code)
    problem_of(await client.put("/items/a", json={"image_url": url}), code)
    if code == "image_url_refused" and "redirects" not in url:
        problem_of(await client.post("/imports", json={"url": url} if url else {"url": "x"}), code)
    assert (await client.get("/items/a")).status_code == 404


async def test_a_body_with_an_address_is_small(client: httpx2.AsyncClient) -> None:
    body = json.dumps({"image_url": "https://shop.example/" + "x" * 70_000}).encode()
    answer = await client.post("/similar", content=body, headers={"Content-Type": "application/json"})
    problem_of(answer, "invalid_parameter")

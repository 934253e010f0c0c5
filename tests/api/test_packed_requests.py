"""Bodies with a Content-Encoding are refused: they could be unpacked to any size."""

import gzip
import json
from pathlib import Path

import httpx2
import pytest

from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.answers import problem_of
from tests.api.live_catalogue import open_shop
from tests.api.small_catalogue import draw, encode

PHOTO = encode(draw(1))
BOMB = gzip.compress(bytes(9_000_000))


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "br", "deflate", "GZIP", "identity, gzip", "nonsense"])
async def test_photos_and_jobs(client: httpx2.AsyncClient, encoding: str) -> None:
    headers = {"Content-Encoding": encoding}
    for content, kind in ((gzip.compress(PHOTO), "image/jpeg"), (BOMB, "application/json"), (PHOTO, "image/jpeg")):
        refused = await client.post("/similar", content=content, headers={**headers, "Content-Type": kind})
        assert "Content-Encoding" in problem_of(refused, "unsupported_media_type").detail
    refused = await client.post("/similar", files={"image": PHOTO}, headers=headers)
    problem_of(refused, "unsupported_media_type")
    refused = await client.post("/embeddings", json={"item_ids": ["15020"]}, headers=headers)
    problem_of(refused, "unsupported_media_type")


async def test_identity_is_no_packing(client: httpx2.AsyncClient) -> None:
    headers = {"Content-Encoding": "identity", "Content-Type": "image/jpeg"}
    assert (await client.post("/similar", content=PHOTO, headers=headers)).status_code == 200


async def test_items_and_imports(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> None:
    async with open_shop(tmp_path, bundle, settings) as shop:
        for method, path, kind in (
            ("PUT", "/items/new", "application/json"),
            ("PATCH", "/items/15020", "application/merge-patch+json"),
            ("POST", "/imports", "application/json"),
            ("POST", "/imports", "text/csv"),
        ):
            headers = {"Content-Encoding": "gzip", "Content-Type": kind}
            content = gzip.compress(json.dumps({"baseColour": "Blue"}).encode())
            refused = await shop.client.request(method, path, content=content, headers=headers)
            problem_of(refused, "unsupported_media_type")

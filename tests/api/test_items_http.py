import os
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import numpy as np
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.openapi.schemas import Attributes, Item, Items
from api.settings import ApiSettings
from contracts.embedding_set import EmbeddingSet
from contracts.items import Item as CatalogueItem
from index.building import build_bundle
from index.bundle import Bundle, open_current
from tests.api.answers import ids, problem_of
from tests.api.conftest import Connect
from tests.api.fake_embedder import FakeEmbedder
from tests.api.small_catalogue import AWKWARD_IDS, ITEMS


async def test_items_come_in_catalogue_order(client: httpx2.AsyncClient, bundle: Bundle) -> None:
    first = (await client.get("/items")).json()
    Items.model_validate(first)
    assert list(first) == ["request_id", "index", "items", "total", "limit", "offset"]
    assert (first["total"], first["limit"], first["offset"]) == (ITEMS, 12, 0)
    assert ids(first) == [bundle.items.id(row) for row in range(12)]
    last = (await client.get("/items?offset=40&limit=100")).json()
    assert ids(last) == [bundle.items.id(row) for row in range(40, ITEMS)]
    beyond = (await client.get("/items?offset=5000000")).json()
    assert (beyond["items"], beyond["total"]) == ([], ITEMS)


async def test_filters_page_through_their_matches(client: httpx2.AsyncClient) -> None:
    query = {"filter": "baseColour:Blue", "limit": "4"}
    first = (await client.get("/items", params=query)).json()
    second = (await client.get("/items", params={**query, "offset": "4"})).json()
    assert first["total"] == second["total"] == 10
    assert {item["attributes"]["baseColour"] for item in first["items"] + second["items"]} == {"Blue"}
    assert not set(ids(first)) & set(ids(second))


async def test_random_sample_is_one_permutation_that_pages_follow(client: httpx2.AsyncClient) -> None:
    pages = [
        (await client.get("/items", params={"sample": "random", "seed": 5, "limit": 12, "offset": offset})).json()
        for offset in range(0, ITEMS, 12)
    ]
    seen = [item_id for page in pages for item_id in ids(page)]
    assert len(seen) == len(set(seen)) == ITEMS
    assert all(page["seed"] == 5 for page in pages)
    other = (await client.get("/items?sample=random&seed=6")).json()
    assert ids(other) != ids(pages[0])
    Items.model_validate(other)


async def test_a_filter_leaves_the_random_order_as_it_is(client: httpx2.AsyncClient) -> None:
    whole = (await client.get("/items?sample=random&seed=5&limit=100")).json()
    blue = (await client.get("/items?sample=random&seed=5&limit=100&filter=baseColour:Blue")).json()
    assert ids(blue) == [item["id"] for item in whole["items"] if item["attributes"]["baseColour"] == "Blue"]
    assert blue["total"] == 10


async def test_the_drawn_seed_repeats_the_sample(client: httpx2.AsyncClient) -> None:
    drawn = [(await client.get("/items?sample=random")).json() for _ in range(3)]
    assert len({answer["seed"] for answer in drawn}) == 3
    again = (await client.get(f"/items?sample=random&seed={drawn[0]['seed']}")).json()
    assert ids(again) == ids(drawn[0])


async def test_one_item(client: httpx2.AsyncClient) -> None:
    answer = (await client.get("/items/15007")).json()
    Item.model_validate(answer)
    assert answer == {
        "id": "15007",
        "image_url": "/items/15007/image",
        "attributes": {"title": "Garment “7”", "baseColour": "Navy Blue", "year": "2015"},
    }


async def test_attributes_with_kinds_and_counts(client: httpx2.AsyncClient) -> None:
    answer = (await client.get("/attributes")).json()
    Attributes.model_validate(answer)
    attributes = answer["attributes"]
    assert attributes["year"]["kind"] == "number"
    assert attributes["baseColour"] == {
        "kind": "text",
        "distinct": 5,
        "missing": 0,
        "values": {"Black": 10, "Blue": 10, "Navy Blue": 10, "Red, dark": 9, "White": 9},
        "min": None,
        "max": None,
    }
    assert (attributes["year"]["min"], attributes["year"]["max"]) == (2008, 2017)
    assert attributes["gender"]["missing"] == sum(1 for number in range(ITEMS) if number % 7 == 0)
    assert sum(attributes["gender"]["values"].values()) == sum(1 for number in range(ITEMS) if number % 7)


async def test_values_of_one_column_are_found_by_their_beginning(client: httpx2.AsyncClient) -> None:
    answer = (await client.get("/attributes", params={"field": "baseColour", "prefix": " bL", "limit": 1})).json()
    Attributes.model_validate(answer)
    (column,) = answer["attributes"].values()
    assert (column["distinct"], column["values"]) == (5, {"Black": 10})
    answer = (await client.get("/attributes", params={"field": "title", "prefix": "garment “1"})).json()
    assert len(answer["attributes"]["title"]["values"]) == 11
    assert list((await client.get("/attributes?field=year&prefix=x")).json()["attributes"]["year"]["values"]) == []


async def test_picture_is_the_file_with_its_type_by_its_bytes(client: httpx2.AsyncClient, catalogue_root: Path) -> None:
    for number, name, media_type in (
        (15, "15.jpg", "image/jpeg"),
        (16, "16.png", "image/png"),
        (17, "17.webp", "image/webp"),
    ):
        response = await client.get(f"/items/{15_000 + number}/image")
        assert response.status_code == 200
        assert response.content == (catalogue_root / name).read_bytes()
        assert response.headers["content-type"] == media_type
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "public, max-age=86400"
        assert "default-src 'none'" in response.headers["content-security-policy"]


async def test_known_picture_is_not_sent_again(client: httpx2.AsyncClient) -> None:
    etag = (await client.get("/items/15015/image")).headers["etag"]
    assert etag.startswith('"')
    for sent in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        response = await client.get("/items/15015/image", headers={"If-None-Match": sent})
        assert (response.status_code, response.content) == (304, b"")
        assert response.headers["etag"] == etag
    assert (await client.get("/items/15015/image", headers={"If-None-Match": '"other"'})).status_code == 200


@pytest.fixture
def shifting(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> tuple[FastAPI, Path]:
    """An application over a catalogue folder whose pictures are not what the index saw."""
    root = tmp_path / "moved"
    root.mkdir()
    moved = ApiSettings(redis_url=settings.redis_url, catalogue_root=root)
    return create_app(moved, bundle, FakeEmbedder()), root


async def test_pictures_that_cannot_be_had_are_404(shifting: tuple[FastAPI, Path], connect: Connect) -> None:
    app, root = shifting
    outside = root.parent / "outside.jpg"
    outside.write_bytes(b"\xff\xd8\xff secret")
    (root / "10.png").symlink_to(outside)
    (root / "11.webp").mkdir()
    (root / "12.jpg").write_text("<svg onload=alert(1)>")
    (root / "13.png").symlink_to("13.png")
    async with connect(app) as client:
        for number, reason in ((9, "no such file"), (10, "outside"), (11, ""), (12, "neither"), (13, "")):
            problem = problem_of(await client.get(f"/items/{15_000 + number}/image"), "not_found")
            assert reason in problem.detail
            assert str(root) not in problem.detail
        assert (await client.get("/items/15009")).status_code == 200


async def test_named_pipe_does_not_hold_the_answer(shifting: tuple[FastAPI, Path], connect: Connect) -> None:
    app, root = shifting
    os.mkfifo(root / "14.webp")
    async with connect(app) as client:
        problem_of(await client.get("/items/15014/image"), "not_found")


async def test_image_paths_of_a_forged_index_stay_inside(
    tmp_path: Path, bundle: Bundle, settings: ApiSettings, connect: Connect
) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"\xff\xd8\xff")
    root = tmp_path / "root"
    root.mkdir()
    items = [CatalogueItem("up", "../secret.jpg"), CatalogueItem("absolute", str(tmp_path / "secret.jpg"))]
    embeddings = np.random.default_rng(0).standard_normal((2, 512)).astype(np.float32)
    build_bundle(
        EmbeddingSet(items, embeddings, bundle.model, str(root)),
        tmp_path / "bundles",
        components=2,
        now=datetime(2026, 11, 23, tzinfo=UTC),
    )
    async with connect(create_app(settings, open_current(tmp_path / "bundles"), FakeEmbedder())) as client:
        for item_id in ("up", "absolute"):
            assert "outside" in problem_of(await client.get(f"/items/{item_id}/image"), "not_found").detail


async def test_image_urls_follow_settings(bundle: Bundle, settings: ApiSettings, connect: Connect) -> None:
    below = ApiSettings(redis_url=settings.redis_url, root_path="/shop/look")
    async with connect(create_app(below, bundle, FakeEmbedder())) as client:
        url = (await client.get("/items?offset=1&limit=1")).json()["items"][0]["image_url"]
        assert url == "/shop/look/items/%C3%BCn%C3%AF/%C3%9F%2B%26%3D%3F%23%25.png/image"
        # With and without the proxy that strips the path.
        assert (await client.get(url)).status_code == 200
        assert (await client.get(url.removeprefix("/shop/look"))).status_code == 200
    public = ApiSettings(redis_url=settings.redis_url, root_path="/look", public_url="https://shop.example/look/")
    async with connect(create_app(public, bundle, FakeEmbedder())) as client:
        for path in ("/items/15015", "/items?limit=1&offset=15", "/items/15010/similar?limit=1"):
            answer = (await client.get(path)).json()
            found = answer.get("items", [answer])[0]
            assert found["image_url"] == f"https://shop.example/look/items/{found['id']}/image"
    elsewhere = ApiSettings(redis_url=settings.redis_url, image_url_template="https://cdn.example/p/{id}?w=400")
    # What names a whole URL for pictures alone goes before the address of the API.
    elsewhere = elsewhere.model_copy(update={"public_url": "https://shop.example"})
    async with connect(create_app(elsewhere, bundle, FakeEmbedder())) as client:
        answer = (await client.get("/items?limit=2")).json()
        assert [item["image_url"] for item in answer["items"]] == [
            "https://cdn.example/p/img/Blue_Tee/img%200001.jpg?w=400",
            "https://cdn.example/p/%C3%BCn%C3%AF/%C3%9F%2B%26%3D%3F%23%25.png?w=400",
        ]


@pytest.mark.parametrize("path", ["/items", "/items/15015", "/items/15015/image", "/attributes", "/livez", "/"])
async def test_head_says_what_get_would(client: httpx2.AsyncClient, path: str) -> None:
    asked, head = await client.get(path), await client.head(path)
    assert head.status_code == asked.status_code
    assert head.content == b""
    for header in ("content-type", "etag", "cache-control"):
        assert head.headers.get(header) == asked.headers.get(header)


async def test_without_an_index_items_say_so(settings: ApiSettings, connect: Connect) -> None:
    async with connect(create_app(settings, None, FakeEmbedder())) as client:
        for path in ("/items", "/items/1", "/items/1/image", "/attributes"):
            problem_of(await client.get(path), "index_unavailable")
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/readyz/items")).status_code == 503


async def test_unknown_items_are_unknown_however_they_are_spelled(client: httpx2.AsyncClient) -> None:
    long = "x" * 10_000
    for item_id in (
        "nothing", "..%2F..%2Fetc%2Fpasswd", "a%00b", "15015%0A", "15015%0D", "15015/", "%20", long,
        "img%2FBlue_Tee", AWKWARD_IDS[2], "15015%2F", "%FF%FE", "\u0661",
    ):  # fmt: skip
        for tail in ("", "/similar", "/image"):
            problem_of(await client.get(f"/items/{item_id}{tail}"), "unknown_item")
    problem_of(await client.get("/items/"), "unknown_item")
    for tail in ("similar", "image"):
        problem_of(await client.get(f"/items/15015/{tail}%0A"), "unknown_item")
    assert (await client.get("/items/15015")).status_code == 200

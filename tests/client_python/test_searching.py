"""Both clients search a real service."""

import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from PIL import Image

from lookalike_client import (
    BadRequest,
    Client,
    ContentRefused,
    Item,
    Range,
    SimilarItems,
    TokenOutdated,
    Unauthorized,
    UnknownItem,
)
from tests.browser.live_shop import KEY, LiveShop
from tests.client_python.asking import Ask
from tests.client_python.faulty_service import faulty_service, problem, says

OPTIONS: dict[str, Any] = {"client": {"key": KEY}}


def ids(found: SimilarItems) -> list[str]:
    return [item.id for item in found.items]


def test_a_photo_however_it_is_given(ask: Ask, shop: LiveShop, photo: Path) -> None:
    with photo.open("rb") as file:
        ways = [photo, photo.read_bytes(), file]
        answers = [ask(shop.address, "similar_to_photo", way, limit=4, **OPTIONS) for way in ways]
    for found in answers:
        assert isinstance(found, SimilarItems)
        assert ids(found) == [f"new arrivals/{number}" for number in (0, 16, 32, 48)]
        assert [item.rank for item in found.items] == [1, 2, 3, 4]
        assert (found.query.width, found.query.height, found.total, found.limit) == (900, 1200, 64, 4)
    assert answers[0].items[0].attributes["title"] == "Red Tee no. 0"
    assert answers[0].items == answers[1].items == answers[2].items


def test_a_smaller_photo_finds_the_same(ask: Ask, shop: LiveShop, photo: Path) -> None:
    pytest.importorskip("PIL")
    whole = ask(shop.address, "similar_to_photo", photo, **OPTIONS)
    small = ask(shop.address, "similar_to_photo", photo, client={"key": KEY, "shrink_to_px": 300})
    assert (small.query.width, small.query.height) == (225, 300)
    assert ids(small)[:4] == ids(whole)[:4]
    assert small.items[0].score == pytest.approx(whole.items[0].score, abs=0.01)


def test_a_part_of_a_photo(client: Client, photo: Path) -> None:
    found = client.similar_to_photo(photo, box=(0.1, 0.2, 0.9, 1.0), detect=False)
    assert found.query.box == (0.1, 0.2, 0.9, 1.0)
    assert found.items != client.similar_to_photo(photo).items


def test_conditions_facets_and_groups(ask: Ask, shop: LiveShop) -> None:
    found = ask(
        shop.address,
        "similar_to_item",
        "new arrivals/0",
        exclude_self=False,
        filters={"articleType": ["Tee", "Bag, small"], "price": Range(10, 30)},
        exclude={"baseColour": "Green"},
        group_by="baseColour",
        facets=["articleType"],
        min_score=-1,
        **OPTIONS,
    )
    assert found.total == len(found.items) == 3
    assert found.query.item_id == found.items[0].id == "new arrivals/0"
    assert found.facets is not None
    assert set(found.facets["articleType"]) == {"Tee", "Bag, small"}


def test_the_token_finds_what_the_photo_did(ask: Ask, shop: LiveShop, photo: Path) -> None:
    by_photo = ask(shop.address, "similar_to_photo", photo, limit=30, **OPTIONS)
    assert by_photo.token == by_photo.query.token
    by_token = ask(shop.address, "similar_by_token", by_photo.token, limit=30, **OPTIONS)
    assert by_token.items == by_photo.items
    more = ask(shop.address, "similar_by_token", by_photo.query.token, limit=10, offset=20, **OPTIONS)
    assert more.items == by_photo.items[20:]


def test_a_damaged_token(ask: Ask, shop: LiveShop, photo: Path, client: Client) -> None:
    token = client.similar_to_photo(photo).query.token
    assert token is not None
    for damaged in (token[:-4], "AAAA", "", "a b&c=d"):
        with pytest.raises((BadRequest, TokenOutdated)) as raised:
            ask(shop.address, "similar_by_token", damaged, **OPTIONS)
        assert raised.value.status in {400, 410}


def test_all_that_is_found_by_pages(ask: Ask, shop: LiveShop, photo: Path) -> None:
    whole = ask(shop.address, "similar_to_photo", photo, limit=100, **OPTIONS)
    assert ask(shop.address, "iter_similar_to_photo", photo, page_size=20, **OPTIONS) == list(whole.items)
    window = ask(shop.address, "iter_similar_by_token", whole.query.token, page_size=7, offset=5, limit=15, **OPTIONS)
    assert window == list(whole.items)[5:20]
    by_item = ask(shop.address, "iter_similar_to_item", "new arrivals/0", page_size=31, **OPTIONS)
    assert [item.rank for item in by_item] == list(range(1, 64))


def test_a_walk_sends_the_photo_once(ask: Ask) -> None:
    item = {"rank": 1, "score": 0.5, "id": "1", "image_url": "/items/1/image", "attributes": {}}
    page = {
        "request_id": "r",
        "query": {"item_id": None, "token": "t-1"},
        "index": {"version": "v", "model": "m", "items": 3},
        "items": [item],
        "total": 3,
        "limit": 1,
        "timing_ms": {},
    }
    pages = [says(200, {**page, "offset": offset}) for offset in range(3)]
    with faulty_service(*pages) as service:
        found = ask(
            service.url,
            "iter_similar_to_photo",
            b"photo",
            page_size=1,
            fields=["title", "a,b"],
            filters={"a": "b"},
            client={},
        )
        assert len(found) == 3
        asked = [parse_qsl(urlsplit(asked.line.split()[1]).query) for asked in service.asked]
        assert [each.line.split()[0] for each in service.asked] == ["POST", "GET", "GET"]
    window = [("filter", "a:b"), ("fields", "title,a\\,b")]
    assert asked[0] == [("limit", "1"), ("offset", "0"), *window]
    assert asked[1:] == [[("limit", "1"), ("offset", offset), *window, ("token", "t-1")] for offset in "12"]


def test_a_photo_by_its_url_is_sent_as_json(ask: Ask) -> None:
    with faulty_service(problem(422, "image_unreachable"), problem(422, "image_unreachable")) as service:
        for method, arguments in (
            ("similar_to_photo", {"box": (0.1, 0.2, 0.9, 1.0), "detect": False}),
            ("upsert_item", {"item_id": "a b", "attributes": {"title": "\u00fc"}}),
        ):
            with pytest.raises(ContentRefused):
                ask(service.url, method, photo="https://shop.example/a.jpg", client={}, **arguments)
        search, upsert = service.asked
    assert json.loads(search.body) == {
        "image_url": "https://shop.example/a.jpg",
        "box": [0.1, 0.2, 0.9, 1.0],
        "detect": False,
    }
    assert upsert.line == "PUT /items/a%20b HTTP/1.1"
    assert json.loads(upsert.body) == {"image_url": "https://shop.example/a.jpg", "attributes": {"title": "\u00fc"}}
    assert search.headers["content-type"] == upsert.headers["content-type"] == "application/json"


def test_no_attributes_at_all(ask: Ask) -> None:
    with faulty_service(says(200, {"id": "1", "image_url": "/items/1/image", "attributes": {}})) as service:
        ask(service.url, "item", "1", fields=[], client={})
        assert service.asked[0].line == "GET /items/1?fields=none HTTP/1.1"


def test_a_walk_asks_for_no_more_than_is_needed(client: Client) -> None:
    walk = client.iter_similar_to_item("new arrivals/0", page_size=2, filters={"articleType": "Nothing"})
    assert list(walk) == []
    assert next(client.iter_items(page_size=1)).id == "new arrivals/0"


def test_refusals_have_a_class_and_a_request_id(ask: Ask, shop: LiveShop) -> None:
    with pytest.raises(UnknownItem, match="no item") as unknown:
        ask(shop.address, "similar_to_item", "nothing", **OPTIONS)
    assert unknown.value.request_id
    with pytest.raises(BadRequest, match="colour") as bad:
        ask(shop.address, "similar_to_item", "new arrivals/0", filters={"colour": "Red"}, **OPTIONS)
    assert (bad.value.status, bad.value.code) == (400, "invalid_parameter")
    with pytest.raises(ContentRefused) as refused:
        ask(shop.address, "similar_to_photo", b"GIF89a no picture", **OPTIONS)
    assert (refused.value.status, refused.value.code) == (415, "unsupported_media_type")
    with pytest.raises(ContentRefused) as address:
        ask(shop.address, "similar_to_photo", "https://elsewhere.example/a.jpg", **OPTIONS)
    assert address.value.code == "image_url_refused"


def test_what_is_refused_before_all_of_it_was_sent(ask: Ask, shop: LiveShop) -> None:
    """The service answers by the head and closes; the answer counts, not the connection that was cut."""
    large = bytes(30 * 1024 * 1024)
    with pytest.raises(ContentRefused) as raised:
        ask(shop.address, "similar_to_photo", large, **OPTIONS)
    assert (raised.value.status, raised.value.code) == (413, "image_too_large")
    with pytest.raises(Unauthorized):
        ask(shop.address, "similar_to_photo", large, client={})


def test_options_that_do_not_exist(client: Client) -> None:
    with pytest.raises(TypeError, match="limt"):
        client.similar_to_item("new arrivals/0", limt=3)  # type: ignore[call-arg]


def test_items_attributes_and_pictures(ask: Ask, shop: LiveShop) -> None:
    page = ask(shop.address, "items", limit=2, filters={"articleType": "Skirt"}, **OPTIONS)
    assert ([item.id for item in page.items], page.total) == (["new arrivals/1", "new arrivals/5"], 16)
    item = ask(shop.address, "item", "new arrivals/5", **OPTIONS)
    assert isinstance(item, Item)
    assert item == page.items[1]
    everything = ask(shop.address, "iter_items", page_size=10, sample="random", seed=3, **OPTIONS)
    assert sorted(each.id for each in everything) == sorted(f"new arrivals/{number}" for number in range(64))
    attributes = ask(shop.address, "attributes", **OPTIONS)
    assert (attributes["tags"].kind, attributes["baseColour"].values["Red"]) == ("list", 16)
    assert ask(shop.address, "attribute_values", "title", prefix="beige", limit=1, **OPTIONS).popitem()[1] == 1
    picture = ask(shop.address, "picture", "new arrivals/5", **OPTIONS)
    with Image.open(io.BytesIO(picture.data)) as image:
        assert image.size == (90, 120)
    assert (picture.media_type, bool(picture.etag)) == ("image/jpeg", True)
    large = ask(shop.address, "similar_to_item", "new arrivals/5", limit=1, **OPTIONS).items[0]
    small = ask(shop.address, "picture", large.id, width=160, **OPTIONS)
    assert small.media_type.startswith("image/")


def test_a_random_order_without_a_seed_is_one_order(client: Client) -> None:
    walk = [item.id for item in client.iter_items(page_size=9, sample="random")]
    assert len(set(walk)) == 64


def test_the_url_of_a_picture() -> None:
    item = Item("a b/1", "/shop/items/a%20b/1/image", {})
    with Client("https://search.shop.example/shop/") as client:
        assert client.picture_url(item) == "https://search.shop.example/shop/items/a%20b/1/image"
        small = client.picture_url(item, width=320, key="pk&1")
        assert small == "https://search.shop.example/shop/items/a%20b/1/image?width=320&key=pk%261"
        elsewhere = Item("1", "https://cdn.example/1.jpg?v=2", {})
        assert client.picture_url(elsewhere, width=320, key="pk") == "https://cdn.example/1.jpg?v=2"

"""Feeds and pictures that are fetched."""

from collections.abc import Iterator

import pytest

from importer.settings import ImporterSettings
from importer.sources import FETCHED
from tests.fetching.scripted_server import PUBLIC, ScriptedServer, answer, scripted_server
from tests.importer.shop import Shop

FEED = "http://shop.example/feed.csv"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as server:
        yield server


def test_pictures_are_fetched_once_and_only_from_public_addresses(shop: Shop, server: ScriptedServer) -> None:
    shop.draw(range(6))
    rows = [f"item/{number},http://shop.example/{number}.png" for number in range(6)]
    rows += ["inside,http://internal.example/0.png", "local,0.png", "gone,http://shop.example/gone.png"]
    rows += ["other,http://elsewhere.example/0.png"]
    feed = "\n".join(["id,image", *rows]).encode()
    server.replies["/feed.csv"] = answer(feed)
    server.replies["/gone.png"] = answer(status="404 Not Found")
    for number in range(6):
        picture = (shop.folder / "feed" / f"{number}.png").read_bytes()
        server.replies[f"/{number}.png"] = answer(picture, headers=[f'ETag: "{number}"'])
    names = {"internal.example": ["10.0.0.7"], "shop.example": [PUBLIC]}
    with shop.opened() as importing:
        service = importing.service
        service.settings = ImporterSettings(image_url_hosts=("shop.example", "internal.example"), image_url_http=True)
        service.dialer = server.dialer(names)
        outcome = importing.run(FEED)
        assert (outcome.record.status, outcome.record.created) == ("succeeded_with_errors", 6)
        assert {problem.item_id: problem.code for problem in outcome.problems} == {
            "inside": "image_url_refused",
            "local": "invalid_image",
            "gone": "image_unreachable",
            "other": "image_url_refused",
        }
        assert not list((shop.bundles / FETCHED).iterdir())
        for number in range(6):
            server.replies[f"/{number}.png"] = answer(status="304 Not Modified")
        server.requests.clear()
        again = importing.run(FEED)
        assert (again.record.created, again.record.unchanged) == (0, 6)
        asked = [head for head in server.requests if "/3.png" in head]
        assert len(asked) == 1
        assert 'if-none-match: "3"' in asked[0].lower()
    assert shop.networks.embedded == 6


def test_a_feed_that_cannot_be_fetched_fails_with_a_sentence(shop: Shop, server: ScriptedServer) -> None:
    server.replies["/feed.csv"] = answer(status="404 Not Found")
    with shop.opened() as importing:
        refused = importing.run(FEED)
        assert refused.record.status == "failed"
        assert "http" in str(refused.record.detail)
        importing.service.settings = ImporterSettings(image_url_hosts=("shop.example",), image_url_http=True)
        importing.service.dialer = server.dialer()
        missing = importing.run(FEED)
        assert missing.record.status == "failed"
        assert "404" in str(missing.record.detail)
        server.replies["/feed.csv"] = answer(b"id,image\n" + b"a,b.png\n" * 200_000)
        importing.service.settings = importing.service.settings.model_copy(update={"max_import_bytes": 2**20})
        large = importing.run(FEED)
        assert large.record.status == "failed"
        assert "1,048,576" in str(large.record.detail)

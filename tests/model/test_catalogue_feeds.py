"""A product feed is a catalogue like any other; pictures that it names by URL are fetched once."""

import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from contracts.errors import CatalogueError
from contracts.items import Item
from fetching.dialing import Dialer
from model.catalogue.bad_rows import TooManyBadRows
from model.catalogue.feed_file import PicturesByUrl
from model.catalogue.fetched_pictures import VALIDATORS_FILE
from model.catalogue.opening import open_catalogue
from model.tolerance import Tolerance
from tests.feeds.feed_files import RSS, SHOPIFY
from tests.pictures.picture_files import encoded, shirt

JPEG, PNG = encoded(shirt(), "JPEG"), encoded(shirt(), "PNG")


class Shop(ThreadingHTTPServer):
    """Sends pictures with an ETag, and counts how often it sent each."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pictures: dict[str, bytes] = {}
        self.answers: list[tuple[str, int]] = []

    def dialer(self) -> Dialer:
        def connect(_address: str, _port: int, timeout_s: float) -> socket.socket:
            return socket.create_connection(("127.0.0.1", self.server_port), timeout=timeout_s)

        return Dialer(resolve=lambda _host, _port: ["93.184.216.34"], connect=connect)

    def url(self, path: str) -> str:
        return f"http://cdn.example{path}"


class Handler(BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        data = self.server.pictures.get(self.path)
        etag = '"' + hashlib.sha256(data or b"").hexdigest() + '"'
        status = 404 if data is None else 304 if self.headers["If-None-Match"] == etag else 200
        self.server.answers.append((self.path, status))
        self.send_response(status)
        self.send_header("ETag", etag)
        if status == 200:
            self.send_header("Content-Length", str(len(data or b"")))
        self.end_headers()
        if status == 200:
            self.wfile.write(data or b"")

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    return tmp_path / "shop" / "feed"


def by_url(tmp_path: Path, shop: Shop) -> PicturesByUrl:
    return PicturesByUrl(tmp_path / "out-pictures", ("cdn.example",), allow_http=True, dialer=shop.dialer())


def test_pictures_are_fetched_once_and_again_when_they_change(tmp_path: Path, feed: Path, shop: Shop) -> None:
    shop.pictures = {"/1.jpg": JPEG, "/2.png": PNG}
    lines = [
        {"id": "1", "image_url": shop.url("/1.jpg"), "category": "tees"},
        {"id": "2", "image_url": shop.url("/2.png"), "category": "coats"},
        {"id": "3", "image_url": shop.url("/1.jpg")},
        {"id": "4", "image_url": shop.url("/none.jpg")},
        {"id": "5", "image_url": "https://elsewhere.example/5.jpg"},
        {"id": "6", "image": "local.jpg"},
    ]
    feed.write_text("".join(json.dumps(line) + "\n" for line in lines))
    tolerance = Tolerance(0.6)
    catalogue = open_catalogue(feed, by_url=by_url(tmp_path, shop), tolerance=tolerance)
    assert (catalogue.kind, catalogue.root) == ("ndjson", (tmp_path / "out-pictures").resolve())
    assert [(item.id, dict(item.attributes)) for item in catalogue.items] == [
        ("1", {"category": "tees"}),
        ("2", {"category": "coats"}),
        ("3", {}),
    ]
    assert [(catalogue.folder / item.image).read_bytes() for item in catalogue.items] == [JPEG, PNG, JPEG]
    assert catalogue.categories == ("coats", "tees")
    assert [bad.row for bad in catalogue.bad_rows] == [4, 5, 6]
    assert "status 404" in catalogue.bad_rows[0].reason
    assert "nothing is fetched from the host" in catalogue.bad_rows[1].reason
    assert "no URL, although others are" in catalogue.bad_rows[2].reason
    assert sorted(shop.answers) == [("/1.jpg", 200), ("/2.png", 200), ("/none.jpg", 404)]

    shop.answers.clear()
    shop.pictures["/2.png"] = JPEG
    again = open_catalogue(feed, by_url=by_url(tmp_path, shop), tolerance=tolerance)
    assert again.items == catalogue.items
    assert (again.folder / again.items[1].image).read_bytes() == JPEG
    assert sorted(shop.answers) == [("/1.jpg", 304), ("/2.png", 200), ("/none.jpg", 404)]


def test_a_picture_that_is_gone_or_noted_by_half_is_fetched_again(tmp_path: Path, feed: Path, shop: Shop) -> None:
    shop.pictures = {"/1.jpg": JPEG, "/2.jpg": PNG}
    feed.write_text(f"id,image_url\n1,{shop.url('/1.jpg')}\n2,{shop.url('/2.jpg')}\n")
    catalogue = open_catalogue(feed, by_url=by_url(tmp_path, shop))
    assert catalogue.kind == "csv"
    (catalogue.folder / catalogue.items[0].image).unlink()
    notes = catalogue.folder / VALIDATORS_FILE
    notes.write_bytes(notes.read_bytes() + b'["a", "\n[1]\n{}\n5\n')
    shop.answers.clear()
    assert open_catalogue(feed, by_url=by_url(tmp_path, shop)).items == catalogue.items
    assert sorted(shop.answers) == [("/1.jpg", 200), ("/2.jpg", 304)]
    assert (catalogue.folder / catalogue.items[0].image).read_bytes() == JPEG


def test_urls_are_fetched_only_where_that_is_asked_for(tmp_path: Path, feed: Path) -> None:
    feed.write_text(RSS)
    with pytest.raises(CatalogueError, match="names pictures by URL, which are not fetched here"):
        open_catalogue(feed)
    with pytest.raises(CatalogueError, match=r"pass --image-hosts cdn\.example, or set LOOKALIKE_IMAGE_URL_HOSTS"):
        open_catalogue(feed, by_url=PicturesByUrl(tmp_path / "out", ()))
    with pytest.raises(CatalogueError, match="is not a host to fetch from"):
        open_catalogue(feed, by_url=PicturesByUrl(tmp_path / "out", ("https://cdn.example/",)))
    with pytest.raises(TooManyBadRows, match=r"none of its 2 rows can be used.*nothing is fetched from the host"):
        open_catalogue(feed, by_url=PicturesByUrl(tmp_path / "out", ("other.example",)))


def test_paths_lie_below_the_feeds_folder(feed: Path) -> None:
    feed.write_text(
        SHOPIFY.replace("https://cdn.example/", "img/").replace("img/mug.jpg", "../mug.jpg")
        + "hat,Hat,,Acme,,Hat,,true,,,,,,,H,1,5.00,/etc/passwd,1,,false,active\n"
    )
    catalogue = open_catalogue(feed, tolerance=Tolerance(1.0))
    assert catalogue.kind == "shopify-csv"
    assert catalogue.root == feed.parent.resolve()
    (item,) = catalogue.items
    assert isinstance(item, Item)
    assert (item.id, item.image, item.attributes["size"]) == ("linen-shirt", "img/a.jpg", "S|M")
    assert [(bad.row, bad.value) for bad in catalogue.bad_rows] == [(5, "../mug.jpg"), (6, "/etc/passwd")]


def test_bad_items_of_xml_are_told_by_their_number(tmp_path: Path, feed: Path) -> None:
    feed.write_text(RSS.replace("https://cdn.example/", "").replace("<g:image_link>2.jpg</g:image_link>", ""))
    catalogue = open_catalogue(feed, tolerance=Tolerance(1.0))
    assert [item.image for item in catalogue.items] == ["1.jpg"]
    (bad,) = catalogue.bad_rows
    assert (bad.row, bad.value) == (None, "item 2")
    assert bad.reason.startswith("(TV_2) names no picture")


def test_a_feed_that_is_cut_off_is_no_catalogue(feed: Path) -> None:
    feed.write_text(RSS[:-20])
    with pytest.raises(CatalogueError, match="so it was cut off"):
        open_catalogue(feed)


def test_a_csv_with_another_column_of_paths_is_a_feed(feed: Path) -> None:
    feed.write_text("id;image_link;t\n1;a.jpg;x\n")
    assert open_catalogue(feed).items == [Item("1", "a.jpg", {"t": "x"})]
    assert open_catalogue(feed, format="csv").items == [Item("1", "a.jpg", {"t": "x"})]

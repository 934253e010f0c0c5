"""The example shop over HTTP, before the real API."""

import gzip
import os
import re
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from html import unescape
from pathlib import Path

import pytest

from examples.shop.pages import PAGE_SIZE, Choice
from examples.shop.products import Product, Products
from examples.shop.server import ShopServer
from tests.browser.priced_shop import HOSTILE, build_priced_shop
from tests.browser.shop import DrawnEmbedder, serve
from tests.free_port import free_port

KEY = "pk-of-the-example-shop"
REPOSITORY = Path(__file__).parents[2]
# Whoever names one, and whoever looks for it.
HOSTILE_ID = "new arrivals/4"


@contextmanager
def shop_of(products: Products) -> Iterator[str]:
    server = ShopServer("127.0.0.1", 0, products)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    bundle = build_priced_shop(tmp_path_factory.mktemp("priced"))
    keys = {"api_keys": "a-secret-key-of-the-server", "publishable_keys": f"{KEY}@http://localhost:8100"}
    with serve(bundle, DrawnEmbedder(), **keys) as address:
        yield address.rstrip("/")


@pytest.fixture(scope="module")
def shop(api: str) -> Iterator[str]:
    with shop_of(Products(api, KEY)) as address:
        yield address


def get(address: str, *, method: str = "GET", packed: bool = False) -> tuple[int, Message, str]:
    headers = {"Accept-Encoding": "gzip"} if packed else {}
    request = urllib.request.Request(address, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            content = answer.read()
            return answer.status, answer.headers, (gzip.decompress(content) if packed else content).decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def test_a_list_of_products_with_their_pictures(shop: str, api: str) -> None:
    status, headers, page = get(shop)
    assert status == 200
    assert len(re.findall('class="card"', page)) == PAGE_SIZE
    assert unescape(re.findall(r'<script type="module" async src="([^"]*)"', page)[0]) == f"{api}/widget.js?key={KEY}"
    # What a page asks for is there.
    picture = unescape(re.findall(r'<img [^>]*src="([^"]*)"', page)[0])
    assert (picture.startswith(f"{api}/items/"), picture.endswith(f"/image?width=320&key={KEY}")) == (True, True)
    assert f"connect-src {api};" in headers["Content-Security-Policy"]
    assert get(f"{shop}/?page=2")[2].count('class="card"') == 40 - PAGE_SIZE


def test_a_product_leaves_out_its_own_other_colours(shop: str) -> None:
    _, _, page = get(f"{shop}/product?{urllib.parse.urlencode({'id': 'new arrivals/3'})}")
    (widget,) = re.findall(r"<lookalike-similar [^>]*>", page)
    assert 'item="new arrivals/3"' in widget
    assert 'exclude="style:Red Bag\\, small"' in widget


def test_what_the_catalogue_says_stays_text(shop: str) -> None:
    for path in ("/?page=1", "/?page=2", f"/product?{urllib.parse.urlencode({'id': HOSTILE_ID})}"):
        assert "<img src=x" not in get(f"{shop}{path}")[2]
    assert HOSTILE in unescape(get(f"{shop}/product?{urllib.parse.urlencode({'id': HOSTILE_ID})}")[2])
    hostile = urllib.parse.quote('"><script>alert(1)</script>')
    assert "<script>alert" not in get(f"{shop}/?gender={hostile}&category={hostile}")[2]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/product?id=none", 404),
        ("/product", 404),
        ("/product?id=" + "x" * 600, 404),
        ("/product?id=..%2F..%2Fmetrics", 404),
        ("/../pages.py", 404),
        ("/shop.css/", 404),
        ("/?page=-1", 200),
        ("/?page=99999999999999999999", 200),
        ("/?page=%C2%B2", 200),
        ("/?category=none", 200),
    ],
)
def test_bad_addresses(shop: str, path: str, status: int) -> None:
    assert get(f"{shop}{path}")[0] == status


def test_files_packed_and_heads(shop: str) -> None:
    status, headers, style = get(f"{shop}/shop.css", packed=True)
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert style == (REPOSITORY / "examples" / "shop" / "static" / "shop.css").read_text()
    status, headers, nothing = get(f"{shop}/shop.css", method="HEAD")
    assert (status, int(headers["Content-Length"]), nothing) == (200, len(style.encode()), "")
    assert get(shop, method="POST")[0] == 501


def test_without_its_catalogue_the_shop_says_so() -> None:
    with shop_of(Products(f"http://127.0.0.1:{free_port()}", KEY)) as address:
        status, _, page = get(address)
    assert status == 503
    assert "cannot reach its catalogue" in page


def test_a_key_that_is_not_known_is_no_traceback(api: str) -> None:
    with shop_of(Products(api, "pk-of-nobody-at-all")) as address:
        assert get(address)[0] == 503


def test_pictures_of_a_cdn_stay_as_they_are() -> None:
    product = Product("1", "Coat", "https://cdn.example/1.jpg", {})
    assert Products("http://localhost:8000", KEY).picture_url(product, 320) == "https://cdn.example/1.jpg"


def test_conditions_are_escaped() -> None:
    assert Choice(gender="Women", category="Tops, tees: all").filters == [
        "gender:Women",
        "category:Tops\\, tees\\: all",
    ]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "examples.shop", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


def test_bad_options() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("--port", str(port))
    assert ended.returncode == 1
    assert ended.stderr == f"shop: port {port} cannot be used (Address already in use); choose another with --port\n"
    ended = run("--api", "localhost:8000")
    assert (ended.returncode, "is not an address; give one such as http://" in ended.stderr) == (2, True)

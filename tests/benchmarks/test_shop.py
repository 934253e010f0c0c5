"""The benchmark of the example shop on a slow line, before the real API with a drawn catalogue."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from benchmarks.shop.line import LATENCY_MS
from benchmarks.shop.measuring import WINDOWS, search_photo, visit_product
from benchmarks.shop.photo import large_photo
from examples.shop.products import Products
from examples.shop.server import ShopServer
from tests.browser.conftest import browser
from tests.browser.priced_shop import build_priced_shop
from tests.browser.shop import DrawnEmbedder, serve

__all__ = ["browser"]
pytestmark = pytest.mark.browser

KEY = "pk-of-the-example-shop"
LATENCY_S = LATENCY_MS / 1e3


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    bundle = build_priced_shop(tmp_path_factory.mktemp("priced"))
    # The API lets in the pages of an origin, and the pages name the API; so the shop learns of the API last.
    products = Products("", KEY)
    server = ShopServer("127.0.0.1", 0, products)
    origin = f"http://127.0.0.1:{server.server_port}"
    keys = {"api_keys": "a-secret-key-of-the-server", "publishable_keys": f"{KEY}@{origin}"}
    with serve(bundle, DrawnEmbedder(), **keys) as address:
        server.offer(Products(address.rstrip("/"), KEY))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield origin
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("window", WINDOWS)
def test_a_products_page(browser: Browser, shop: str, window: str) -> None:
    visit = visit_product(browser, shop, window, "new arrivals/3")
    # Page, script, answer and picture come one after the other.
    assert 3 * LATENCY_S < visit.cards_s <= visit.first_s <= visit.all_s
    assert 20 < visit.kilobytes < 400
    assert visit.requests > 5
    assert visit.sent_kilobytes == 0
    assert (visit.shift, visit.complaints) == (0, ())


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photo") / "photo.jpg"
    path.write_bytes(large_photo(Image.new("RGB", (30, 40), "navy"), np.random.default_rng(0)))
    return path


def test_a_photo(browser: Browser, shop: str, photo: Path) -> None:
    visit = search_photo(browser, shop, "phone", photo)
    assert visit.first_s > 3 * LATENCY_S
    # Made small before it is sent.
    assert 10 < visit.sent_kilobytes < 300
    assert (visit.shift, visit.complaints) == (0, ())


def test_the_photo_is_that_of_a_phone(photo: Path) -> None:
    opened = Image.open(photo)
    assert opened.size == (4000, 3000)
    assert opened.getexif()[0x0112] == 6
    assert 1e6 < photo.stat().st_size < 10e6
    upright = opened.transpose(Image.Transpose.ROTATE_270)
    red, _, blue = upright.getpixel((1500, 2000))  # type: ignore[misc]
    assert blue > red + 60

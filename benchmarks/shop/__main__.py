"""Measures the example shop on a slow line, and prints a table and a line of JSON.

`python -m benchmarks.shop` starts a demo and the shop, and opens the shop in Chromium: a product's page with
`<lookalike-similar>`, and a search by a photo of 12 megapixels with `<lookalike-camera>`. Takes about a minute.
"""

import argparse
import io
import json
import shutil
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

from benchmarks.served import free_port
from benchmarks.shop.line import DOWN_BITS_PER_S, LATENCY_MS, UP_BITS_PER_S
from benchmarks.shop.measuring import WINDOWS, Visit, middle, search_photo, visit_product, worst
from benchmarks.shop.photo import large_photo
from examples.shop.demo import KEY, running_demo
from examples.shop.products import Products
from examples.shop.server import ShopServer

# The first look-alike, a page, and a photo's results.
FIRST_S: Final = 1.5
PAGE_KILOBYTES: Final = 400.0
PHOTO_S: Final = 2.5
_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@contextmanager
def _shop(home: Path) -> Iterator[tuple[str, Products]]:
    products = Products(f"http://localhost:{free_port()}", KEY)
    server = ShopServer("127.0.0.1", 0, products)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with running_demo(int(products.api.rpartition(":")[2]), server.server_port, home=home):
            yield f"http://localhost:{server.server_port}", products
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def main() -> int:
    """Returns the exit status: 1 where a bound is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shop", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="visits of each page in each window (3)")
    parser.add_argument("--home", type=Path, metavar="DIR", help="folder of the demo's files; a new one by default")
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        print("shop: no `chromium` is installed; on Debian: apt-get install chromium", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as temporary:
        home = options.home or Path(temporary)
        photo = Path(temporary) / "photo.jpg"
        with _shop(home) as (shop, products), sync_playwright() as playwright:
            (product, *_), _ = products.page(limit=1, offset=0, filters=())
            with urllib.request.urlopen(f"{product.picture}?{urlencode({'key': KEY})}") as answer:  # noqa: S310 - our own
                garment = Image.open(io.BytesIO(answer.read()))
            photo.write_bytes(large_photo(garment, np.random.default_rng(0)))
            browser = playwright.chromium.launch(executable_path=chromium, args=list(_FLAGS))
            # Warm-up: no visitor is the first one of a service.
            for window in WINDOWS:
                visit_product(browser, shop, window, product.id)
            pages: dict[str, list[Visit]] = {window: [] for window in WINDOWS}
            photos: dict[str, list[Visit]] = {window: [] for window in WINDOWS}
            for _ in range(options.rounds):
                for window in WINDOWS:
                    pages[window].append(visit_product(browser, shop, window, product.id))
                    photos[window].append(search_photo(browser, shop, window, photo))
            browser.close()
        return _print(pages, photos, photo.stat().st_size)


def _print(pages: dict[str, list[Visit]], photos: dict[str, list[Visit]], photo_bytes: int) -> int:
    print(f"{DOWN_BITS_PER_S / 1e6} Mbit/s down, {UP_BITS_PER_S / 1e6} up, {LATENCY_MS} ms; median (slowest)")
    figures: dict[str, dict[str, float]] = {}
    missed = False
    for window, (width, _) in WINDOWS.items():
        for what, visits, bound_s in (("product", pages[window], FIRST_S), ("photo", photos[window], PHOTO_S)):
            figures[f"{what}_{width}"] = row = {
                "cards_s": middle(visits, lambda visit: visit.cards_s),
                "first_s": middle(visits, lambda visit: visit.first_s),
                "first_slowest_s": worst(visits, lambda visit: visit.first_s),
                "all_s": middle(visits, lambda visit: visit.all_s),
                "all_slowest_s": worst(visits, lambda visit: visit.all_s),
                "load_s": middle(visits, lambda visit: visit.load_s),
                "in_window": middle(visits, lambda visit: visit.in_window),
                "kilobytes": worst(visits, lambda visit: visit.kilobytes),
                "sent_kilobytes": worst(visits, lambda visit: visit.sent_kilobytes),
                "requests": worst(visits, lambda visit: visit.requests),
                "shift": worst(visits, lambda visit: visit.shift),
                "complaints": sum(len(visit.complaints) for visit in visits),
            }
            late = row["first_slowest_s"] > bound_s
            large = what == "product" and row["kilobytes"] > PAGE_KILOBYTES
            missed |= late or large or row["shift"] > 0 or row["complaints"] > 0
            print(
                f"{width:5} px, {what:7}: first {row['first_s']:.2f} ({row['first_slowest_s']:.2f}) s"
                f"{f', more than {bound_s} s' if late else ''}, all in view {row['all_s']:.2f} "
                f"({row['all_slowest_s']:.2f}) s, {row['kilobytes']:.0f} kB in {row['requests']:.0f} requests, "
                f"{row['sent_kilobytes']:.0f} kB sent, shift {row['shift']:.4f}, {row['complaints']:.0f} complaints"
            )
            for complaint in sorted({line for visit in visits for line in visit.complaints}):
                print(f"    {complaint}")
    figures["input"] = {"photo_kilobytes": photo_bytes / 1e3}
    print(json.dumps(figures))
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())

from collections.abc import Iterator
from pathlib import Path

import pytest

from lookalike_client import Client
from tests.browser.live_shop import KEY, LiveShop, serve_live
from tests.browser.shop import COLOURS, draw_picture
from tests.client_python.asking import Ask, ask_in_loop, ask_in_thread


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    """A real service of 64 items, with a live catalogue and a key, on a port of its own."""
    with serve_live(tmp_path_factory.mktemp("shop")) as running:
        yield running


@pytest.fixture(scope="session")
def client(shop: LiveShop) -> Iterator[Client]:
    with Client(shop.address, key=KEY) as connected:
        yield connected


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of item `new arrivals/0`, larger than the catalogue has it."""
    file = tmp_path_factory.mktemp("photos") / "photo.jpg"
    file.write_bytes(draw_picture("Tee", COLOURS["Red"], 0, size=(900, 1200)))
    return file


@pytest.fixture(params=[ask_in_thread, ask_in_loop], ids=["threads", "asyncio"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Each test that uses it runs with both clients."""
    chosen: Ask = request.param
    return chosen

"""Thumbnails that are being made: clients that hang up, pictures that take much memory, and stores that are slow."""

import asyncio
import hashlib
import io
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from fastapi import Request
from PIL import Image
from prometheus_client import CollectorRegistry
from starlette.requests import ClientDisconnect
from starlette.types import Message

from api.http.problems import ServiceProblem
from api.items.pictures import CataloguePictures
from api.items.thumbnail_metrics import ThumbnailMetrics
from api.items.thumbnails import Thumbnail, Thumbnails
from contracts.errors import StoreUnavailableError
from contracts.stored_picture import stored_name
from index.query import ItemRecord
from pictures.header import inspect
from pictures.thumbnail import WEBP, thumbnail_memory
from storage.bounded_folder import BoundedFolder
from storage.picture_store import PictureStore
from tests.pictures.picture_files import encoded, shirt

MEMORY_BYTES = 64 * 1024 * 1024


class Client:
    """A client that may hang up."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()

    def request(self) -> Request:
        async def receive() -> Message:
            await self.gone.wait()
            return {"type": "http.disconnect"}

        return Request({"type": "http", "headers": []}, receive)


class SlowFiles:
    """The files of a picture store that does not answer before it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.asked = 0
        self.files: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def get(self, name: str, *, most_bytes: int) -> bytes | None:
        self.asked += 1
        if not self.released.wait(20):
            raise StoreUnavailableError("the store does not answer")
        return self.files.get(name)

    def has(self, name: str) -> bool:
        return name in self.files

    def delete(self, name: str) -> None:
        del self.files[name]

    def names(self) -> Iterator[str]:
        yield from self.files


class Shop:
    """Thumbnails over a folder of pictures and a store."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "catalogue"
        self.root.mkdir()
        self.files = SlowFiles()
        self.store = PictureStore(self.files)
        self.pictures = CataloguePictures(self.root, store=self.store)
        self.registry = CollectorRegistry()
        self.kept = BoundedFolder(folder / "thumbnails", 64 * 1024 * 1024)
        metrics = ThumbnailMetrics(self.registry)
        self.thumbnails = Thumbnails(self.kept, memory_bytes=MEMORY_BYTES, threads=4, metrics=metrics)

    def item(self, name: str, data: bytes | None = None) -> ItemRecord:
        if data is not None:
            (self.root / name).write_bytes(data)
        return ItemRecord(name, b"{}", name, None)

    def stored(self, data: bytes) -> ItemRecord:
        name = stored_name(self.store.put(data))
        return ItemRecord(name, b"{}", name, None)

    async def ask(self, item: ItemRecord, client: Client | None = None, width: int = 160) -> Thumbnail:
        return await self.thumbnails.of((client or Client()).request(), self.pictures, item, width, WEBP)

    def count(self, name: str, result: str = "") -> int:
        labels = {"result": result} if result else {}
        return int(self.registry.get_sample_value(f"lookalike_thumbnails_{name}", labels) or 0)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.files.released.set()
    await until(lambda: shop.count("waiting") == 0)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - of threads
            await asyncio.sleep(0.001)


def picture(number: int = 0, side: int = 200) -> bytes:
    image = shirt(side, side)
    image.putpixel((0, 0), (number, 0, 0))
    return encoded(image, "PNG")


async def test_what_only_waits_is_dropped_when_its_client_hangs_up(shop: Shop) -> None:
    client = Client()
    waiting = asyncio.create_task(shop.ask(shop.stored(picture()), client))
    await until(lambda: shop.files.asked == 1)
    client.gone.set()
    with pytest.raises(ClientDisconnect):
        await waiting
    await until(lambda: shop.count("waiting") == 0)
    shop.files.released.set()
    assert shop.count("making_seconds_count") == 0
    assert shop.count("requests_total", "abandoned") == 1


async def test_it_is_made_for_those_who_still_wait(shop: Shop) -> None:
    item = shop.stored(picture())
    clients = [Client() for _ in range(3)]
    asked = [asyncio.create_task(shop.ask(item, client)) for client in clients]
    await until(lambda: shop.files.asked == 1)
    clients[0].gone.set()
    clients[2].gone.set()
    shop.files.released.set()
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(result) for result in results] == [ClientDisconnect, Thumbnail, ClientDisconnect]
    assert (shop.files.asked, shop.count("making_seconds_count")) == (1, 1)


async def test_decoding_ends_when_nobody_waits_and_begins_again_for_the_next(shop: Shop) -> None:
    # A PNG of noise, which takes long enough to be left while it is decoded.
    item = shop.item("large.png", encoded(Image.effect_noise((2000, 2000), 80), "PNG", compress_level=1))
    client = Client()
    first = asyncio.create_task(shop.ask(item, client))
    await until(lambda: shop.count("decoding_bytes") > 0)
    client.gone.set()
    with pytest.raises(ClientDisconnect):
        await first
    found = await shop.ask(item)
    assert Image.open(io.BytesIO(found.data)).size == (160, 160)
    assert shop.count("decoding_bytes") == 0


async def test_what_is_decoded_at_a_time_fits_in_the_budget(shop: Shop) -> None:
    data = [encoded(Image.new("L", (4000, 3000 + number)), "PNG") for number in range(5)]
    memory = [thumbnail_memory(inspect(each), 160) for each in data]
    seen = set()
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.add(shop.count("decoding_bytes"))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        items = [shop.item(f"{number}.png", each) for number, each in enumerate(data)]
        await asyncio.gather(*(shop.ask(item) for item in items))
    finally:
        done.set()
        looking.join()
    assert max(seen) <= max(MEMORY_BYTES, *memory)
    assert max(seen) >= min(memory)


async def test_a_store_that_does_not_answer_holds_up_no_others(shop: Shop) -> None:
    stored = [asyncio.create_task(shop.ask(shop.stored(picture(number)))) for number in range(30)]
    await until(lambda: shop.files.asked == 8)
    file = shop.item("file.png", picture(99))
    async with asyncio.timeout(5):
        await shop.ask(file)
    # What is not asked for yet takes no thread either.
    assert shop.files.asked == 8
    shop.files.released.set()
    assert len({found.etag for found in await asyncio.gather(*stored)}) > 1
    # A kept one needs the store no more.
    asked = shop.files.asked
    await shop.ask(shop.stored(picture(3)))
    assert shop.files.asked == asked


async def test_a_store_that_is_away_is_told_to_everyone_and_not_remembered(shop: Shop) -> None:
    item = shop.stored(picture())
    (name,) = shop.files.files
    shop.files.files[name] = b"damaged"
    shop.files.released.set()
    results = await asyncio.gather(*(shop.ask(item) for _ in range(5)), return_exceptions=True)
    assert {type(result) for result in results} == {ServiceProblem}
    shop.files.files[name] = picture()
    assert hashlib.sha256(picture()).hexdigest() in name
    assert (await shop.ask(item)).media_type == "image/webp"


async def test_a_picture_that_changes_while_it_is_read_is_not_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    item = shop.item("file.png", picture(1))
    identity, calls = CataloguePictures._identity_of, []

    def changing(pictures: CataloguePictures, *arguments: object) -> bytes:
        calls.append(arguments)
        return identity(pictures, *arguments) + b"%d" % len(calls)  # type: ignore[arg-type]

    monkeypatch.setattr(CataloguePictures, "_identity_of", changing)
    assert (await shop.ask(item)).data
    assert not shop.kept.root.exists()
    monkeypatch.undo()
    assert (await shop.ask(item)).data
    assert shop.kept.root.exists()

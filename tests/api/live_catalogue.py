"""A live catalogue over the drawn one: a SQLite database with the items of the bundle, and a picture store."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import numpy as np
import orjson
from fastapi import FastAPI

from api.app import create_app
from api.items.index_watch import Promotions
from api.settings import ApiSettings
from catalogue.live_catalogue import LiveCatalogue
from contracts.changed_item import ChangedItem
from contracts.items import Item
from index.bundle import Bundle
from storage.picture_store import PictureStore, open_picture_store
from tests.api.conftest import connected
from tests.api.fake_embedder import FakeEmbedder
from tests.served_elsewhere import asked_for


def items_of(bundle: Bundle) -> Iterator[ChangedItem]:
    """The items of a bundle, as a catalogue adopts them."""
    for row in range(len(bundle.items)):
        record = bundle.items.record(row)
        item = Item(record.id, record.image, orjson.loads(record.attributes), record.crop)
        yield ChangedItem(record.id, row, 1, item, np.asarray(bundle.full_embeddings[row], np.float32))


def make_database(file: Path, bundle: Bundle) -> str:
    """A new database with the items of a bundle; returns its URL."""
    elsewhere = asked_for()
    return adopted(f"sqlite:///{file}" if elsewhere is None else elsewhere.make_catalogue(), bundle)


def adopted(url: str, bundle: Bundle) -> str:
    """The URL of a database, which has the items of a bundle then."""
    catalogue = LiveCatalogue.open(url, create=True)
    catalogue.adopt(bundle.version, items_of(bundle), bundle.model.version)
    catalogue.close()
    return url


@dataclass(frozen=True)
class Shop:
    """A running application with a live catalogue.

    Attributes:
        client: connected to it.
        embedder: counts what was embedded.
        catalogue: its database, through connections of the test's own.
        store: its pictures.
        folder: of the database, the pictures and the feeds.
    """

    client: httpx2.AsyncClient
    embedder: FakeEmbedder
    catalogue: LiveCatalogue
    store: PictureStore
    folder: Path


def live_app(
    folder: Path,
    bundle: Bundle,
    settings: ApiSettings,
    embedder: FakeEmbedder,
    url: str,
    promotions: Promotions | None = None,
) -> FastAPI:
    """An application over a bundle and a database."""
    return create_app(
        settings,
        bundle,
        embedder,
        promotions,
        catalogue=LiveCatalogue.open(url, create=False),
        store=open_picture_store(folder / "pictures"),
        spool=folder / "imports",
    )


@contextlib.asynccontextmanager
async def open_shop(
    folder: Path,
    bundle: Bundle,
    settings: ApiSettings,
    *,
    url: str | None = None,
    embedder: FakeEmbedder | None = None,
    promotions: Promotions | None = None,
) -> AsyncIterator[Shop]:
    """An application over a bundle and a database, which is a new one without a URL."""
    embedder = embedder or FakeEmbedder()
    url = url or make_database(folder / "catalogue.db", bundle)
    store = open_picture_store(folder / "pictures")
    app = live_app(folder, bundle, settings, embedder, url, promotions)
    with contextlib.closing(LiveCatalogue.open(url, create=False)) as catalogue:
        async with connected(app) as client:
            yield Shop(client, embedder, catalogue, store, folder)


async def until_status(shop: Shop, method: str, path: str, status: int) -> None:
    """Ask until an answer has a status: what comes from another process needs a moment."""
    async with asyncio.timeout(20):
        while (await shop.client.request(method, path)).status_code != status:  # noqa: ASYNC110 - as clients see it
            await asyncio.sleep(0.02)

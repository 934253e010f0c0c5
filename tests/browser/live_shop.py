"""The drawn shop with a live catalogue: a database, a picture store, and several versions of its index."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from api.app import create_app
from api.items.index_watch import Promotions
from api.settings import ApiSettings
from catalogue.live_catalogue import LiveCatalogue
from contracts.embedding_set import EmbeddingSet
from contracts.items import Item
from importer.app import Importer
from importer.folders import Folders
from importer.networks import Networks
from importer.service import Service
from importer.settings import ImporterSettings
from index.building import build_bundle
from index.bundle import open_current
from storage.import_spool import import_spool
from storage.picture_store import default_store, open_picture_store
from tests.api.live_catalogue import make_database
from tests.browser.shop import MODEL, DrawnEmbedder, build_shop, embed_pixels, serve_app

KEY = "open-sesame-open-sesame"


@dataclass(frozen=True)
class LiveShop:
    """A running shop.

    Attributes:
        address: of its search page.
        catalogue: its database, through connections of the test's own.
        bundles: its folder of bundles.
        versions: of its index, the one that a rollback returns to, the one that is served, and a newer one.
    """

    address: str
    catalogue: LiveCatalogue
    bundles: Path
    versions: tuple[str, ...]

    def run_importer(self) -> None:
        """Do what an importer finds to do, in this process."""
        folders, store = Folders.of(self.bundles, None), open_picture_store(default_store(self.bundles))
        service = Service(folders, ImporterSettings(), self.catalogue, store, Networks(self.bundles))
        while Importer(service, "browser", threading.Event()).step():
            pass


@contextmanager
def serve_live(folder: Path, **settings: object) -> Iterator[LiveShop]:
    """A shop with 64 items, whose HTTP interface needs a key."""
    build_shop(folder)
    bundles = folder / "bundles"
    few = [Item(str(place), f"{place}.jpg", {"title": f"Number {place}"}) for place in range(16)]
    embeddings = np.stack([embed_pixels((folder / item.image).read_bytes())[0] for item in few])
    small = EmbeddingSet(few, embeddings, MODEL, str(folder))
    before, after = (build_bundle(small, bundles, now=datetime(2026, 11, day, tzinfo=UTC)).version for day in (22, 25))
    bundle = open_current(bundles)
    url = make_database(folder / "catalogue.db", bundle)
    embedder = DrawnEmbedder()
    with contextlib.closing(LiveCatalogue.open(url, create=False)) as catalogue:
        app = create_app(
            ApiSettings.model_validate({"api_keys": KEY, **settings}),
            bundle,
            embedder,
            Promotions(bundles, lambda _: embedder),
            catalogue=LiveCatalogue.open(url, create=False),
            store=open_picture_store(default_store(bundles)),
            spool=import_spool(bundles, None),
        )
        with serve_app(app) as address:
            yield LiveShop(address, catalogue, bundles, (before, bundle.version, after))

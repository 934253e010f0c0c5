"""A deleted item leaves nothing behind: no row, no picture, no file of a bundle, once all is cleared up."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from catalogue.items import Delete, Patch
from catalogue.live_catalogue import LiveCatalogue
from contracts.stored_picture import stored_name
from importer.clearing import UNUSED_S, Clearing
from importer.service import Service
from index.current_version import current_version
from index.versions.bundle_folder import versions_in
from storage.picture_store import default_store
from tests.catalogue.postgresql_server import PostgresqlServer, postgresql_server
from tests.importer.shop import Shop
from tests.importer.test_backup import on_postgresql, on_sqlite

ITEM = "item/1"
# As it was deleted, and as it was before its last change.
SECRETS = ("Secret-Of-One-Customer", "Older-Secret-Of-One")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as server:
        yield server


def files_with(folder: Path, *texts: bytes) -> set[str]:
    """The files below a folder that hold one of some texts."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)) for path in files if any(text in path.read_bytes() for text in texts)}


def rows_with(url: str, *texts: str) -> list[str]:
    """The tables of PostgreSQL with a row that holds one of some texts."""
    with psycopg.connect(url) as connection:
        tables = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        found = []
        for table in tables:
            rows = connection.execute(f'SELECT t::text FROM "{table}" t'.encode()).fetchall()
            if any(text in row for (row,) in rows for text in texts):
                found.append(table)
        return found


@pytest.mark.parametrize("shop_on", [on_sqlite, on_postgresql], ids=["sqlite", "postgresql"])
def test_a_deleted_item_leaves_nothing_behind(
    shop_on: Callable[[Path, Callable[[], PostgresqlServer]], Shop], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shop = shop_on(tmp_path, lambda: request.getfixturevalue("server"))
    shop.stock(6)
    shop.run()
    (shop.folder / "feed" / "feed.csv").unlink()
    with closing(shop.catalogue()) as catalogue:
        service = shop.service(catalogue)
        stored = catalogue.item(ITEM)
        assert stored is not None
        texts = [*SECRETS, stored.content.hex()]
        for secret in reversed(SECRETS):
            catalogue.write(Patch(ITEM, {"title": secret}))
            assert service.compact() is not None
        assert files_with(shop.bundles, *(text.encode() for text in texts))
        catalogue.write(Delete(ITEM))
        assert service.compact() is not None
        forget(shop, catalogue, service)
        names = [text.encode() for text in (*texts, ITEM)]
        assert files_with(shop.bundles, *names) == set()
        assert stored_name(stored.content) not in set(catalogue.stored_pictures())
        assert not list(default_store(shop.bundles).rglob(f"*{stored.content.hex()}*"))
        if shop.url.startswith("postgresql"):
            assert rows_with(shop.url, *texts) == []
    if shop.url.startswith("sqlite"):
        # Not even in the pages that are free now.
        assert files_with(shop.folder, *(text.encode() for text in texts)) == set()


def forget(shop: Shop, catalogue: LiveCatalogue, service: Service) -> None:
    """Remove older bundles, and clear up as the importer does in the next hours."""
    for version in versions_in(shop.bundles):
        if version != current_version(shop.bundles):
            shutil.rmtree(shop.bundles / version)
    clearing = Clearing(catalogue, service.folders, service.store)
    assert clearing.purge() == 1
    now = time.monotonic()
    clearing.clear_pictures(now)
    clearing.clear_pictures(now + UNUSED_S + 1)
    assert clearing.regret() == 0

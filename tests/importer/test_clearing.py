"""What is cleared up, and what is not."""

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from catalogue.items import Delete, Put, StoredItem
from catalogue.live_catalogue import LiveCatalogue
from contracts.stored_picture import stored_name
from importer.clearing import UNUSED_S, Clearing
from importer.pace import compaction_is_due
from importer.service import Service
from importer.sources import FETCHED
from index.bundle_manifest import BundleManifest, read_manifest
from index.current_version import current_version
from storage.import_spool import SPOOLED
from tests.importer.shop import Shop


@pytest.fixture
def service(shop: Shop) -> Iterator[Service]:
    """Of a shop with some items and their first bundle."""
    shop.stock(6)
    shop.run()
    catalogue = shop.catalogue()
    yield shop.service(catalogue)
    catalogue.close()


def clearing_of(service: Service) -> Clearing:
    return Clearing(service.catalogue, service.folders, service.store)


def item(catalogue: LiveCatalogue, item_id: str) -> StoredItem:
    found = catalogue.item(item_id)
    assert found is not None
    return found


def test_deleted_items_are_forgotten_once_no_bundle_has_them(shop: Shop, service: Service) -> None:
    clearing = clearing_of(service)
    service.catalogue.write(Delete("item/1"))
    assert clearing.purge() == 0
    old = shop.bundles / current_version(shop.bundles)
    assert service.compact() is not None
    assert clearing.purge() == 0
    old.rename(shop.bundles / "moved")
    assert clearing.purge() == 1
    assert service.catalogue.item("item/1") is None


def test_pictures_that_no_item_has_are_deleted_after_an_hour(shop: Shop, service: Service) -> None:
    clearing, catalogue = clearing_of(service), service.catalogue
    pictures = set(service.store.digests())
    gone, back = item(catalogue, "item/1").content, item(catalogue, "item/2").content
    for item_id in ("item/1", "item/2"):
        catalogue.write(Delete(item_id))
    catalogue.purge(up_to=catalogue.sequence())
    now = time.monotonic()
    clearing.clear_pictures(now)
    clearing.clear_pictures(now + UNUSED_S - 1)
    assert set(service.store.digests()) == pictures
    clearing.clear_pictures(now + UNUSED_S + 1)
    assert set(service.store.digests()) == pictures - {gone, back}
    # A write found a picture there just before it was deleted.
    catalogue.write(Put("again", stored_name(back), None, back, {}, np.ones(512, np.float32), "pixels"))
    assert clearing.regret() == 1
    assert set(service.store.digests()) == pictures - {gone}


def test_feeds_are_removed_unless_an_import_waits_for_them(shop: Shop, service: Service) -> None:
    spool, fetched = service.folders.spool, shop.bundles / FETCHED
    for folder in (spool, fetched):
        folder.mkdir()
    waiting = service.catalogue.imports.create(
        key=None,
        body_sha256=bytes(32),
        caller="0123456789abcdef",
        mode="upsert",
        max_removed=0.05,
        source=f"{SPOOLED}waiting.feed",
        format=None,
        mapping=None,
    )
    old = [spool / "waiting.feed", spool / "done.feed", fetched / waiting.id, fetched / ("0" * 32)]
    for file in (*old, spool / "young.feed"):
        file.write_text("id,image\n")
    for file in old:
        os.utime(file, (1_000_000_000, 1_000_000_000))
    clearing_of(service).clear_feeds()
    left = {file.name for folder in (spool, fetched) for file in folder.iterdir()}
    assert left == {"waiting.feed", "young.feed", waiting.id}


@pytest.mark.parametrize(
    ("waiting", "age", "importing", "due"),
    [
        (49, timedelta(hours=1), False, False),
        (50, timedelta(hours=1), False, True),
        (1, timedelta(hours=25), False, True),
        (0, timedelta(hours=25), False, False),
        # A clock that was set back.
        (1, timedelta(hours=-25), False, False),
        (50, timedelta(hours=25), True, False),
        (200, timedelta(0), True, False),
        (201, timedelta(0), True, True),
    ],
)
def test_when_compaction_is_due(
    shop: Shop, service: Service, waiting: int, age: timedelta, importing: bool, due: bool
) -> None:
    manifest = aged(read_manifest(shop.bundles / current_version(shop.bundles)), age)
    assert compaction_is_due(waiting, manifest, max_changes=100, importing=importing) is due


def aged(manifest: BundleManifest, age: timedelta) -> BundleManifest:
    return replace(manifest, created=f"{datetime.now(UTC) - age:%Y-%m-%dT%H:%M:%SZ}")

"""Adopting, compacting, filling in and building afresh."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import orjson
import pytest

from catalogue.items import Delete, Patch, Put
from contracts.embedding_set import EmbeddingSet, ModelIdentity
from contracts.errors import BundleError
from contracts.items import Item
from contracts.stored_picture import stored_name
from importer.building import build_from_database
from importer.compacting import LOCK
from importer.networks import Network
from importer.service import Service
from index.building import build_bundle
from index.bundle import Bundle, open_current
from index.bundle_manifest import read_manifest
from index.bundle_part import BundlePart
from index.current_version import current_version, set_current
from index.live_index import LiveIndex
from index.versions.bundle_folder import versions_in
from storage.held_folder import held
from tests.importer.shop import Shop
from tests.index.live_questions import answers
from tests.served_elsewhere import of_memory

ITEMS = 24
FIRST, SECOND = "pixels-000000000001", "pixels-000000000002"


@pytest.fixture
def service(shop: Shop) -> Iterator[Service]:
    """Of a shop with some items and their first bundle."""
    shop.stock(ITEMS)
    shop.run()
    catalogue = shop.catalogue()
    yield shop.service(catalogue)
    catalogue.close()


def answered(index: LiveIndex[BundlePart]) -> list[object]:
    """Answers to many questions of every kind."""
    ids = [f"item/{number}" for number in range(0, ITEMS, 3)]
    photo = np.random.default_rng(5).integers(0, 256, 512).astype(np.float32)
    return [answers(index.searcher, np.random.default_rng(seed), ids, photo) for seed in range(6)]


def shown(service: Service, bundle: Bundle) -> LiveIndex[BundlePart]:
    """What an API shows: a bundle and all changes since."""
    since = bundle.sequence
    assert since is not None
    return LiveIndex.of(bundle).changed(service.catalogue.changes(after=since, model=bundle.model.version).items)


def test_no_answer_changes_by_compaction_while_writes_go_on(shop: Shop, service: Service) -> None:
    catalogue = service.catalogue
    catalogue.write(Patch("item/3", {"colour": "Green", "price": "1000"}))
    catalogue.write(Delete("item/6"))
    put(service, "new", 30)
    base = open_current(shop.bundles)
    before = answered(shown(service, base))
    assert service.compact() == current_version(shop.bundles)
    compacted = open_current(shop.bundles)
    assert compacted.sequence == catalogue.sequence()
    assert answered(LiveIndex.of(compacted)) == before
    # What is written meanwhile is neither lost nor there twice.
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            catalogue.write(Patch("item/9", {"price": str(number)}))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(2):
            put(service, "another", 31)
            catalogue.write(Delete("another"))
            assert service.compact() is not None
    finally:
        stop.set()
        writer.join()
    assert answered(shown(service, open_current(shop.bundles))) == answered(shown(service, base))
    service.compact()
    assert service.compact() is None


def test_only_one_compacts_and_a_promotion_meanwhile_wins(
    shop: Shop, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.catalogue.write(Patch("item/1", {"colour": "Green"}))
    with held(shop.bundles / LOCK, BundleError("not raised")), pytest.raises(BundleError, match="another process"):
        service.compact()
    first, refitted = current_version(shop.bundles), service.refit().version

    def promoted(_self: Service, _after: int) -> int:
        set_current(shop.bundles, refitted)
        return 0

    monkeypatch.setattr(Service, "_fill_after", promoted)
    assert service.compact() is None
    assert current_version(shop.bundles) == refitted
    assert versions_in(shop.bundles) == sorted([first, refitted])


def test_an_index_without_any_item_stays_as_it_was(shop: Shop, service: Service) -> None:
    for number in range(ITEMS):
        service.catalogue.write(Delete(f"item/{number}"))
    version = current_version(shop.bundles)
    with pytest.raises(BundleError):
        service.compact()
    assert current_version(shop.bundles) == version


@of_memory
def test_a_bundle_made_from_files_is_adopted_once(shop: Shop, service: Service) -> None:
    service.catalogue.close()
    for file in shop.folder.glob("catalogue.db*"):
        file.unlink()
    catalogue = shop.catalogue()
    try:
        service = shop.service(catalogue)
        with pytest.raises(BundleError, match="another database"):
            service.adopt()
        version = built_from_files(shop)
        assert service.adopt()
        assert not service.adopt()
        assert catalogue.adopted() == {version: 1}
        item = catalogue.item("item/3")
        assert item is not None
        assert (item.number, item.version, item.attributes) == (3, 1, {"colour": "Red", "price": "3"})
        before = answered(LiveIndex.of(open_current(shop.bundles)))
        catalogue.write(Patch("item/3", {"price": "4"}))
        catalogue.write(Patch("item/3", {"price": "3"}))
        assert service.compact() is not None
        assert answered(LiveIndex.of(open_current(shop.bundles))) == before
        # Another bundle from files is not of this database any more.
        built_from_files(shop)
        with pytest.raises(BundleError, match="not made from this database"):
            service.adopt()
    finally:
        catalogue.close()


def test_changes_are_embedded_by_the_network_of_a_promoted_bundle(shop: Shop, service: Service) -> None:
    catalogue = service.catalogue
    second = Network(ModelIdentity(SECOND, "pixels", f"imagenet:{SECOND}", 16), service.networks)
    assert service._filling.fill(second, after=0, root=None) == ITEMS
    report = build_from_database(catalogue, shop.bundles, second.engine().identity, catalogue_root=str(shop.folder))
    assert report.items == ITEMS
    # An API that still serves the first network writes an item, then the second is promoted.
    put(service, "late", 50, model=FIRST)
    set_current(shop.bundles, report.version)
    sequence = read_manifest(shop.bundles / report.version).sequence
    assert sequence is not None
    assert catalogue.changes(after=sequence, model=SECOND).lacking == ["late"]
    assert service.fill() == 1
    assert not catalogue.changes(after=sequence, model=SECOND).lacking
    assert service.fill() == 0
    assert service.compact() is not None
    assert open_current(shop.bundles).items.row("late") == ITEMS


def test_an_item_whose_picture_is_gone_does_not_stop_compaction(shop: Shop, service: Service) -> None:
    put(service, "item/2", 50, model="some-other-network")
    picture = service.catalogue.item("item/2")
    assert picture is not None
    service.store.delete(picture.content)
    service.catalogue.write(Patch("item/4", {"price": "12345"}))
    assert service.compact() is not None
    bundle = open_current(shop.bundles)
    assert bundle.items.row("item/2") is None
    assert b"12345" in bundle.items.attributes_json(bundle.items.row("item/4") or 0)


def put(service: Service, item_id: str, number: int, *, model: str = FIRST) -> None:
    """Put an item with a drawn picture and an embedding, as an API does."""
    shop = Shop(service.folders.bundles.parent)
    shop.draw([number])
    digest = service.store.put((shop.folder / "feed" / f"{number}.png").read_bytes())
    embedding = np.random.default_rng(number).integers(0, 256, 512).astype(np.float32)
    service.catalogue.write(
        Put(item_id, stored_name(digest), None, digest, {"colour": "Red", "price": "7"}, embedding, model)
    )


def built_from_files(shop: Shop) -> str:
    """Replace the current bundle by one of the same items that knows no catalogue; its version."""
    bundle = open_current(shop.bundles)
    records = [bundle.items.record(row) for row in range(len(bundle.items))]
    items = [Item(record.id, record.image, orjson.loads(record.attributes), record.crop) for record in records]
    embeddings = np.array(bundle.full_embeddings, np.float32)
    embedding_set = EmbeddingSet(items, embeddings, bundle.model, bundle.catalogue_root)
    report = build_bundle(embedding_set, shop.bundles, now=datetime.now(UTC))
    set_current(shop.bundles, report.version)
    return report.version

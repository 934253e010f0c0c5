"""Extraction from a real object store, and what may happen to objects meanwhile."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from contracts.errors import EmbeddingsError, StoreUnavailableError
from contracts.items import Item
from model.catalogue.opening import open_catalogue
from model.extraction import extract
from model.folder_update import ExtractionReport
from model.seen_objects import SEEN_OBJECTS
from model.unreadable import UNREADABLE_REPORT
from pictures.header import MAX_PICTURE_BYTES
from storage.embeddings_folder import read_embeddings
from storage.object_facts import ObjectFacts
from storage.object_root import ObjectRoot
from storage.object_store import ObjectStore, open_object_store
from tests.model.test_extraction import PixelEngine
from tests.pictures.picture_files import jpeg
from tests.storage.object_server import ObjectServer


@pytest.fixture
def url(objects: ObjectServer) -> str:
    url = objects.new_url()
    store = open_object_store(url)
    for number in range(6):
        store.put(f"p/{number}.jpg", jpeg(40 + number, 50))
    return url


class CountingStore(ObjectStore):
    """Counts what is read."""

    read: list[str]

    def get(self, name: str, *, most_bytes: int, facts: ObjectFacts | None = None) -> bytes | None:
        self.read.append(name)
        return super().get(name, most_bytes=most_bytes, facts=facts)


def run(url: str, out: Path, *, changed: Mapping[str, ObjectFacts] | None = None) -> tuple[ExtractionReport, list[str]]:
    """Extract, and say which objects were read."""
    catalogue = open_catalogue(url)
    assert isinstance(catalogue.root, ObjectRoot)
    store = CountingStore(catalogue.root.store._store, url, any_name=True)
    store.read = []
    root = ObjectRoot(url, store, {**catalogue.root.objects, **(changed or {})})
    report = extract(catalogue.items, root, out, PixelEngine(), batch_size=4, workers=3)
    return report, sorted(store.read)


def test_the_same_embeddings_as_from_a_disk(url: str, tmp_path: Path) -> None:
    report, read = run(url, tmp_path / "there")
    assert (report.items, report.added, len(read)) == (6, 6, 6)
    store = open_object_store(url)
    for name in store.names():
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(store.get(name, most_bytes=10**6) or b"")
    here = open_catalogue(tmp_path / "shop")
    extract(here.items, here.folder, tmp_path / "here", PixelEngine())
    from_store, from_disk = read_embeddings(tmp_path / "there"), read_embeddings(tmp_path / "here")
    assert from_store.items == from_disk.items
    assert np.array_equal(from_store.embeddings, from_disk.embeddings)
    assert from_store.catalogue_root == url


def test_only_what_changed_is_read_and_embedded(url: str, tmp_path: Path) -> None:
    out, store = tmp_path / "out", open_object_store(url)
    run(url, out)
    assert run(url, out)[1] == []
    store.put("p/1.jpg", jpeg(60, 60))
    store.put("p/2.jpg", store.get("p/3.jpg", most_bytes=10**6) or b"")
    store.delete("p/4.jpg")
    store.put("p/9.jpg", jpeg(61, 61))
    report, read = run(url, out)
    assert read == ["p/1.jpg", "p/2.jpg", "p/9.jpg"]
    assert (report.added, report.changed, report.removed, report.embedded) == (1, 2, 1, 2)
    fresh = tmp_path / "fresh"
    run(url, fresh)
    assert np.array_equal(read_embeddings(out).embeddings, read_embeddings(fresh).embeddings)


def test_what_was_noted_is_only_believed_of_the_same_store_and_rows(
    url: str, objects: ObjectServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    run(url, out)
    noted = (out / SEEN_OBJECTS).read_bytes()
    for wrong in (b"", b"[" * 100_000, b"[]", b"{}", noted[:-9], noted.replace(b'"tags":[', b'"tags":["x",')):
        (out / SEEN_OBJECTS).write_bytes(wrong)
        assert len(run(url, out)[1]) == 6
    assert (out / SEEN_OBJECTS).read_bytes() == noted
    with monkeypatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"{objects.endpoint}/")
        assert len(run(url, out)[1]) == 6
    run(url, out)
    # A store that gives no tag proves nothing.
    untold = {"p/1.jpg": ObjectFacts(len(jpeg(41, 50)), None)}
    assert run(url, out, changed=untold)[1] == run(url, out)[1] == ["p/1.jpg"]


def test_an_object_that_changes_after_it_was_listed_is_an_error_of_its_row(url: str, tmp_path: Path) -> None:
    catalogue, store = open_catalogue(url), open_object_store(url)
    same_size = bytearray(store.get("p/1.jpg", most_bytes=10**6) or b"")
    same_size[-1] ^= 1
    store.put("p/1.jpg", bytes(same_size))
    store.delete("p/2.jpg")
    report = extract(catalogue.items, catalogue.root, tmp_path, PixelEngine())
    assert (report.items, report.unreadable) == (4, 2)
    lines = (tmp_path / UNREADABLE_REPORT).read_text().splitlines()
    assert [line.split(",")[:3] for line in lines[1:]] == [
        ["p/1.jpg", "p/1.jpg", "changed"],
        ["p/2.jpg", "p/2.jpg", "changed"],
    ]
    assert all("replaced or removed" in line or "changed while" in line for line in lines[1:])


def test_no_bytes_of_a_picture_that_is_too_large(url: str, tmp_path: Path) -> None:
    large = {"p/1.jpg": ObjectFacts(MAX_PICTURE_BYTES + 1, '"x"')}
    report, read = run(url, tmp_path, changed=large)
    assert report.unreadable == 1
    assert "p/1.jpg" not in read
    assert "image_too_large" in (tmp_path / UNREADABLE_REPORT).read_text()


def test_a_store_that_is_away_ends_the_run_and_the_next_one_goes_on(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.object_store._RETRIES", 0)
    catalogue = open_catalogue(url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert isinstance(catalogue.root, ObjectRoot)
    away = ObjectRoot(url, open_object_store(url, any_name=True), catalogue.root.objects)
    with pytest.raises(StoreUnavailableError, match="cannot be read now"):
        extract(catalogue.items, away, tmp_path, PixelEngine())
    assert extract(catalogue.items, catalogue.root, tmp_path, PixelEngine()).added == 6


def test_a_picture_that_no_object_is(url: str, tmp_path: Path) -> None:
    catalogue = open_catalogue(url)
    items = [*catalogue.items, Item("none", "none.jpg"), Item("out", "../secret.jpg")]
    report = extract(items, catalogue.root, tmp_path, PixelEngine())
    assert (report.items, report.unreadable) == (6, 2)
    with pytest.raises(EmbeddingsError, match="none of the"):
        extract(items[6:], catalogue.root, tmp_path / "none", PixelEngine())

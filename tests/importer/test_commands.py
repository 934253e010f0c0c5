"""`lookalike import`, `watch`, `index build` and `index compact`, as a person runs them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

import lookalike
from catalogue.items import Patch
from contracts.items import Item
from contracts.progress import silent
from importer import watching
from importer.watching import watch
from index.bundle import open_current
from index.current_version import current_version
from model.catalogue.opening import open_catalogue
from model.extraction import extract
from storage.embeddings_folder import read_embeddings
from storage.import_spool import SPOOLED, import_spool
from storage.object_store import open_object_store
from tests.importer.shop import Shop, row_of
from tests.model.test_extraction import PixelEngine
from tests.served_elsewhere import of_memory
from tests.storage.object_server import ObjectServer

ROOT = Path(__file__).resolve().parents[2]


def extracted(shop: Shop, count: int = 12) -> Path:
    shop.draw(range(count))
    items = [
        Item(f"item/{number}", f"{number}.png", {"price": str(number)}, (2, 2, 30, 30) if number % 2 else None)
        for number in range(count)
    ]
    extract(items, shop.folder / "feed", shop.folder / "embeddings", PixelEngine())
    return shop.folder / "embeddings"


def test_embeddings_are_taken_as_they_are(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    folder = extracted(shop)
    arguments = ["import", str(folder), "--database", shop.url, "--bundles", str(shop.bundles)]
    assert lookalike.main(arguments) == 0
    printed = capsys.readouterr().out
    assert "12 rows in" in printed
    assert "12 created, 0 replaced, 0 unchanged, 0 deleted, 0 failed" in printed
    assert "the first bundle" in printed
    expected = read_embeddings(folder)
    catalogue = shop.catalogue()
    try:
        for changed, embedding, item in zip(
            catalogue.all_items("pixels-000000000001"), expected.embeddings, expected.items, strict=True
        ):
            assert changed.embedding is not None
            assert changed.item is not None
            np.testing.assert_array_equal(changed.embedding, embedding)
            assert (changed.id, changed.item.crop) == (item.id, item.crop)
            # In the store, so that it is there whatever folder a bundle names.
            assert changed.item.image.startswith("sha256:")
    finally:
        catalogue.close()
    assert lookalike.main(arguments) == 0
    assert "0 created, 0 replaced, 12 unchanged" in capsys.readouterr().out


def test_pictures_of_a_catalogue_in_an_object_store_are_copied(
    shop: Shop, objects: ObjectServer, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.draw(range(3))
    url = objects.new_url()
    store = open_object_store(url)
    for picture in (shop.folder / "feed").glob("*.png"):
        store.put(picture.name, picture.read_bytes())
    there = open_catalogue(url)
    extract(there.items, there.root, shop.folder / "embeddings", PixelEngine())
    store.delete("2.png")
    arguments = ["import", str(shop.folder / "embeddings"), "--database", shop.url, "--bundles", str(shop.bundles)]
    lookalike.main(arguments)
    printed = capsys.readouterr()
    assert "2 created, 0 replaced, 0 unchanged, 0 deleted, 1 failed" in printed.out + printed.err
    catalogue = shop.catalogue()
    try:
        items = [changed.item for changed in catalogue.all_items("pixels-000000000001")]
    finally:
        catalogue.close()
    assert [item is not None and item.image.startswith("sha256:") for item in items] == [True, True]


def test_embeddings_of_the_bundles_own_folder_keep_their_paths(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    folder = extracted(shop)
    assert lookalike.main(["index", "build", str(folder), "--out", str(shop.bundles)]) == 0
    assert lookalike.main(["import", str(folder), "--database", shop.url, "--bundles", str(shop.bundles)]) == 0
    catalogue = shop.catalogue()
    try:
        item = catalogue.item("item/3")
        assert item is not None
        assert (item.image, item.number) == ("3.png", 3)
    finally:
        catalogue.close()
    assert lookalike.main(["index", "compact", str(shop.bundles), "--database", shop.url]) == 0
    assert open_current(shop.bundles).items.image(3) == "3.png"
    assert lookalike.main(["index", "compact", str(shop.bundles), "--database", shop.url]) == 0
    assert "no changes wait" in capsys.readouterr().out


def test_an_index_is_fitted_again_from_the_database(
    shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.stock(12)
    shop.run()
    catalogue = shop.catalogue()
    catalogue.write(Patch("item/3", {"price": "1234"}))
    catalogue.close()
    current = current_version(shop.bundles)
    assert lookalike.main(["index", "build", shop.url, "--out", str(shop.bundles), "--components", "4"]) == 0
    printed = capsys.readouterr().out
    assert "12 items, 4 components" in printed
    assert f"lookalike index promote {shop.bundles}" in printed
    assert current_version(shop.bundles) == current


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["import", "missing.csv"], "missing.csv cannot be read", marks=of_memory),
        (["import", "feed.csv", "--mapping", "missing.json"], "missing.json"),
        (["import", "feed.csv", "--database", "mysql://x/y"], "neither SQLite nor PostgreSQL"),
        (["index", "compact", "bundles"], "nothing"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    shop: Shop, arguments: list[str], says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.stock(2)
    monkeypatch.chdir(shop.folder)
    named = [] if "--database" in arguments else ["--database", shop.url]
    status = lookalike.main([*arguments, *named])
    said = "".join(capsys.readouterr())
    assert says in said or (says == "nothing" and "no changes wait" in said)
    assert "Traceback" not in said
    assert status == (0 if says == "nothing" else 1)


def test_watch_imports_again_once_a_change_has_settled(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = shop.stock(6)
    steps: list[Callable[[], object]] = [
        lambda: None,
        # Half written, so nothing happens yet.
        lambda: shop.feed.write_text("id,ima"),
        lambda: shop.write_feed([*rows, row_of(7)]),
        lambda: None,
        lambda: shop.write_feed(rows),
        lambda: None,
    ]
    shop.draw([7])

    def wait(_seconds: float) -> None:
        if not steps:
            raise KeyboardInterrupt
        steps.pop(0)()

    outcomes = []
    with shop.opened() as importing, suppress(KeyboardInterrupt):
        for outcome in watch(importing, shop.feed, max_removed=0.5, progress_bar=silent, wait=wait):
            outcomes.append(outcome.record)  # noqa: PERF401 - the end is an exception
    assert [(record.created, record.deleted, record.unchanged) for record in outcomes] == [
        (6, 0, 0),
        (1, 0, 6),
        (0, 1, 6),
    ]


def test_watch_takes_a_folder_of_pictures(shop: Shop) -> None:
    shop.draw(range(4))

    def wait(_seconds: float) -> None:
        raise KeyboardInterrupt

    with shop.opened() as importing, suppress(KeyboardInterrupt):
        for outcome in watch(importing, shop.folder / "feed", max_removed=0.5, progress_bar=silent, wait=wait):
            assert outcome.record.created == 4
    catalogue = shop.catalogue()
    try:
        assert catalogue.item("2.png") is not None
    finally:
        catalogue.close()
    assert watching.state(shop.folder / "nothing") is None


def test_the_importer_process_adopts_imports_and_ends_within_seconds(shop: Shop) -> None:
    folder = extracted(shop)
    assert lookalike.main(["index", "build", str(folder), "--out", str(shop.bundles)]) == 0
    log = shop.folder / "log"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LOOKALIKE_DATABASE_URL": shop.url}
    command = [sys.executable, "-m", "lookalike", "serve", str(shop.bundles), "--only", "importer"]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stderr=stream, env=environment)
    try:
        wait_for(lambda: "adopted the 12 items" in log.read_text(), process)
        spool = import_spool(shop.bundles, None)
        spool.mkdir()
        (spool / "gone.feed").write_text("id\nitem/3\nitem/8\n")
        catalogue = shop.catalogue()
        try:
            queued = catalogue.imports.create(
                key=None,
                body_sha256=bytes(32),
                caller="0123456789abcdef",
                mode="delete",
                max_removed=0.05,
                source=f"{SPOOLED}gone.feed",
                format=None,
                mapping=None,
            )
            wait_for(lambda: f"import {queued.id}: succeeded" in log.read_text(), process)
            item = catalogue.item("item/3")
            assert item is not None
            assert item.deleted
        finally:
            catalogue.close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in log.read_text()
    assert not (spool / "gone.feed").exists()


def wait_for(done: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    late_at = time.monotonic() + 60
    while not done():
        assert process.poll() is None
        assert time.monotonic() < late_at
        time.sleep(0.05)

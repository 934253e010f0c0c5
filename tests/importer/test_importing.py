import gzip
import os
from pathlib import Path

import pytest
from PIL import Image

from catalogue.import_records import RowProblem
from contracts.stored_picture import PREFIX
from importer.by_command import Outcome
from index.bundle import open_current
from storage.picture_store import default_store, open_picture_store
from tests.importer.shop import Shop, row_of


def counts(outcome: Outcome) -> tuple[int, int, int, int, int]:
    record = outcome.record
    return record.created, record.replaced, record.unchanged, record.deleted, record.failed


def codes(problems: list[RowProblem]) -> list[tuple[int, str | None, str]]:
    return [(problem.row, problem.item_id, problem.code) for problem in problems]


def test_a_feed_becomes_items_and_the_first_bundle(shop: Shop) -> None:
    shop.stock(20)
    outcome = shop.run()
    assert outcome.record.status == "succeeded"
    assert counts(outcome) == (20, 0, 0, 0, 0)
    bundle = open_current(shop.bundles)
    assert outcome.built == bundle.version
    assert [bundle.items.id(row) for row in range(20)] == [f"item/{number}" for number in range(20)]
    assert b"Navy Blue" in bundle.items.attributes_json(1)
    catalogue = shop.catalogue()
    try:
        assert (bundle.catalogue, bundle.sequence) == (catalogue.identity, catalogue.sequence())
        item = catalogue.item("item/7")
        assert item is not None
        assert item.attributes == {"colour": "Red", "price": "7"}
        store = open_picture_store(default_store(shop.bundles))
        assert store.get(bytes.fromhex(item.image.removeprefix(PREFIX))) is not None
        assert item.content == bytes.fromhex(item.image.removeprefix(PREFIX))
    finally:
        catalogue.close()


def test_what_is_known_is_neither_read_nor_embedded_again(shop: Shop) -> None:
    shop.stock(12)
    for number in range(12):
        settle(shop.folder / "feed" / f"{number}.png")
    shop.run()
    assert shop.networks.embedded == 12
    # Another picture, but with the size and time of the one that was imported: so it cannot have been read.
    file = shop.folder / "feed" / "3.png"
    status = file.stat()
    file.write_bytes(b"\0" * status.st_size)
    settle(file)
    again = shop.run()
    assert counts(again) == (0, 0, 12, 0, 0)
    assert shop.networks.embedded == 12


def test_a_changed_picture_and_changed_attributes_are_taken_over(shop: Shop) -> None:
    rows = shop.stock(8)
    shop.run()
    shop.draw([2], tint=1)
    rows[5]["price"] = "99"
    shop.write_feed(rows)
    assert counts(shop.run()) == (0, 2, 6, 0, 0)
    assert shop.networks.embedded == 9


def test_bad_rows_are_listed_and_the_others_imported(shop: Shop) -> None:
    rows = shop.stock(40)
    (shop.folder / "feed" / "4.png").write_bytes(b"not a picture")
    (shop.folder / "feed" / "9.png").unlink()
    rows[12]["image"] = "../outside.png"
    (shop.folder / "outside.png").write_bytes((shop.folder / "feed" / "1.png").read_bytes())
    rows[15]["id"] = "item/../x"
    rows[20]["id"] = "item/19"
    rows[25]["image"] = "https://shop.example/a.png"
    shop.write_feed(rows)
    outcome = shop.run()
    assert outcome.record.status == "succeeded_with_errors"
    assert counts(outcome) == (34, 0, 0, 0, 6)
    assert codes(outcome.problems) == [
        (6, "item/4", "unsupported_media_type"),
        (11, "item/9", "missing_image"),
        (14, "item/12", "invalid_image"),
        (17, "item/../x", "invalid_id"),
        (22, "item/19", "duplicate_id"),
        (27, "item/25", "image_url_refused"),
    ]
    assert all(problem.detail and "Traceback" not in problem.detail for problem in outcome.problems)


def test_a_feed_without_a_usable_row_fails(shop: Shop) -> None:
    shop.write_feed([row_of(1), row_of(2)])
    outcome = shop.run()
    assert outcome.record.status == "failed"
    assert "none of the rows" in str(outcome.record.detail)
    assert outcome.built is None


def test_what_has_metadata_is_stored_without(shop: Shop) -> None:
    image = Image.new("RGB", (30, 40), "red")
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    image.save(shop.folder / "feed" / "a.jpg", exif=exif)
    shop.write_feed([{"id": "a", "image": "a.jpg", "colour": "Red", "price": "1"}])
    # No index can be made of a single picture, but the item is there.
    outcome = shop.run()
    assert (outcome.record.status, outcome.built) == ("succeeded", None)
    stored = [file.read_bytes() for file in default_store(shop.bundles).rglob("*") if file.is_file()]
    assert len(stored) == 1
    assert b"SECRET-CAMERA" not in stored[0]


def test_replace_deletes_what_the_feed_no_longer_has(shop: Shop) -> None:
    rows = shop.stock(20)
    shop.run()
    shop.write_feed(rows[1:])
    assert counts(shop.run(mode="replace", max_removed=0.1)) == (0, 0, 19, 1, 0)


def test_replace_deletes_nothing_where_it_would_be_too_much(shop: Shop) -> None:
    rows = shop.stock(20)
    shop.run()
    shop.write_feed(rows[2:])
    outcome = shop.run(mode="replace")
    assert outcome.record.status == "failed"
    assert "2 of 20 items, 10.0%" in str(outcome.record.detail)
    assert outcome.record.deleted == 0


def test_replace_keeps_an_item_whose_row_is_bad(shop: Shop) -> None:
    shop.stock(20)
    shop.run()
    (shop.folder / "feed" / "4.png").write_bytes(b"not a picture")
    outcome = shop.run(mode="replace", max_removed=1.0)
    assert counts(outcome) == (0, 0, 19, 0, 1)


@pytest.mark.parametrize("mode", ["upsert", "replace", "delete"])
def test_a_feed_that_is_cut_off_changes_nothing(shop: Shop, mode: str) -> None:
    rows = shop.stock(20)
    shop.run()
    rows[0]["price"] = "17"
    shop.write_feed(rows)
    cut = shop.folder / "feed" / "cut.csv.gz"
    cut.write_bytes(gzip.compress(shop.feed.read_bytes())[:-20])
    outcome = shop.run(cut, mode=mode, max_removed=1.0)
    assert outcome.record.status == "failed"
    assert "cut off" in str(outcome.record.detail)
    assert counts(outcome)[:4] == (0, 0, 0, 0)


def test_delete_needs_only_ids_and_may_be_repeated(shop: Shop) -> None:
    shop.stock(6)
    shop.run()
    gone = shop.folder / "feed" / "gone.csv"
    gone.write_text("id\nitem/1\nitem/4\nunknown\n")
    assert counts(shop.run(gone, mode="delete")) == (0, 0, 1, 2, 0)
    assert counts(shop.run(gone, mode="delete")) == (0, 0, 3, 0, 0)


def test_a_feed_that_came_over_http_names_no_files_of_this_machine(shop: Shop) -> None:
    shop.stock(3)
    with shop.opened() as importing:
        service = importing.service
        spool = service.folders.spool
        spool.mkdir(parents=True)
        (spool / "a.feed").write_bytes(shop.feed.read_bytes())
        for source in ("spool:a.feed", f"file:0123456789abcdef:{shop.feed}", "spool:../feed/feed.csv"):
            service.catalogue.imports.create(
                key=None,
                body_sha256=bytes(32),
                caller="0123456789abcdef",
                mode="upsert",
                max_removed=0.05,
                source=source,
                format="csv",
                mapping=None,
            )
        outcome = importing.run(str(shop.feed))
        assert counts(outcome) == (3, 0, 0, 0, 0)
        own, outside, named, sent = service.catalogue.imports.latest(4)
        assert own.id == outcome.record.id
        assert [outside.status, named.status, sent.status] == ["failed"] * 3
        assert sent.failed == 3
        problems, _ = service.catalogue.imports.errors(sent.id, limit=9, offset=0)
        assert {problem.code for problem in problems} == {"invalid_image"}
    assert not (spool / "a.feed").exists()


def settle(file: Path) -> None:
    """Make a file look as if it was written long ago."""
    os.utime(file, ns=(10**18, 10**18))

"""Both clients change a real live catalogue."""

from pathlib import Path
from typing import Any

import pytest

from lookalike_client import BadRequest, Client, ImportFailed, PreconditionFailed, TimedOut, UnknownItem
from tests.browser.live_shop import KEY, LiveShop
from tests.client_python.asking import Ask

OPTIONS: dict[str, Any] = {"client": {"key": KEY}}
FEED = b"id,image,title\nimported/1,https://127.0.0.1/x.jpg,One\n"


def test_an_item_comes_changes_and_goes(ask: Ask, shop: LiveShop, photo: Path) -> None:
    def call(method: str, *arguments: object, **named: Any) -> Any:
        return ask(shop.address, method, *arguments, **named, **OPTIONS)

    new = call("upsert_item", "client/1", photo, {"title": "M\u00fctze", "price": 19.9, "tags": ["a", "b"]})
    assert new.item.attributes == {"title": "M\u00fctze", "price": "19.9", "tags": "a|b"}
    assert new.changed
    same = call("upsert_item", "client/1", photo, {"title": "M\u00fctze", "price": 19.9, "tags": ["a", "b"]})
    assert (same.changed, same.etag) == (False, new.etag)
    patched = call("patch_item", "client/1", {"price": 9.9, "tags": None}, if_match=new.etag)
    assert patched.item.attributes == {"title": "M\u00fctze", "price": "9.9"}
    assert call("item", "client/1") == patched.item
    assert call("similar_to_photo", photo, limit=3, filters={"title": "M\u00fctze"}).items[0].id == "client/1"
    with pytest.raises(PreconditionFailed):
        call("patch_item", "client/1", {"price": 1}, if_match=new.etag)
    with pytest.raises(PreconditionFailed):
        call("upsert_item", "client/1", photo, {}, if_absent=True)
    with pytest.raises(PreconditionFailed):
        call("delete_item", "client/1", if_match=new.etag)
    call("delete_item", "client/1", if_match=patched.etag)
    with pytest.raises(UnknownItem):
        call("delete_item", "client/1")
    call("delete_item", "client/1", missing_ok=True)


def test_a_feed_is_imported(ask: Ask, shop: LiveShop, client: Client, photo: Path, tmp_path: Path) -> None:
    client.upsert_item("imported/1", photo, {"title": "Old"})
    feed = tmp_path / "feed.ndjson"
    feed.write_text('{"id": "imported/1"}\n{"id": ""}\n')
    started = ask(shop.address, "start_import", feed, mode="delete", **OPTIONS)
    assert (started.status, started.format, started.finished) == ("queued", "ndjson", False)
    shop.run_importer()
    ended = ask(shop.address, "wait_for_import", started.import_id, deadline_s=20.0, **OPTIONS)
    assert (ended.status, ended.deleted, ended.visible) == ("succeeded_with_errors", 1, True)
    errors = ask(shop.address, "iter_import_errors", started.import_id, **OPTIONS)
    assert tuple(errors) == ended.errors
    assert len(errors) == 1
    latest = ask(shop.address, "latest_imports", limit=1, **OPTIONS).imports[0]
    assert (latest.import_id, latest.status) == (ended.import_id, ended.status)
    with pytest.raises(UnknownItem):
        client.item("imported/1")


def test_a_feed_of_bytes_that_fails(ask: Ask, shop: LiveShop) -> None:
    started = ask(shop.address, "start_import", FEED, feed_format="csv", **OPTIONS)
    again = ask(shop.address, "start_import", FEED, feed_format="csv", idempotency_key="one", **OPTIONS)
    same = ask(shop.address, "start_import", FEED, feed_format="csv", idempotency_key="one", **OPTIONS)
    assert started.import_id != again.import_id == same.import_id
    with pytest.raises(TimedOut):
        ask(shop.address, "wait_for_import", started.import_id, deadline_s=0.05, **OPTIONS)
    shop.run_importer()
    with pytest.raises(ImportFailed, match="none of the rows"):
        ask(shop.address, "wait_for_import", started.import_id, deadline_s=20.0, **OPTIONS)


def test_feeds_that_are_not_sent(client: Client, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not an http or https URL"):
        client.start_import("feed.csv")
    with pytest.raises(ValueError, match="feed_format=, one of csv"):
        client.start_import(b"id,image\n")
    with pytest.raises(FileNotFoundError):
        client.start_import(tmp_path / "missing.csv")
    with pytest.raises(ValueError, match="cannot both hold"):
        client.upsert_item("x", b"picture", {}, if_match='"1"', if_absent=True)
    with pytest.raises(ValueError, match="Out of range float"):
        client.patch_item("x", {"price": float("nan")})
    with pytest.raises(BadRequest):
        client.patch_item("new arrivals/0", {"": "x"})

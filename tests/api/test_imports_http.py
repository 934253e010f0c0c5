"""Imports over HTTP: a feed is on the disk and queued before it is answered."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from pydantic import SecretStr

from api.items.index_watch import Promotions
from api.openapi.schemas import Import, Imports
from api.settings import ApiSettings
from catalogue.import_records import ImportBatch, RowProblem
from index.bundle import Bundle
from tests.api.answers import problem_of
from tests.api.fake_embedder import FakeEmbedder
from tests.api.live_catalogue import Shop, open_shop
from tests.api.small_catalogue import ITEMS

FEED = b"id,image,title\n1,1.jpg,One\n"
CSV = {"Content-Type": "text/csv"}


@pytest.fixture
async def shop(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> AsyncIterator[Shop]:
    async with open_shop(tmp_path, bundle, settings) as shop:
        yield shop


def spooled(shop: Shop) -> list[bytes]:
    folder = shop.folder / "imports"
    return [file.read_bytes() for file in sorted(folder.iterdir())] if folder.is_dir() else []


async def send(
    client: httpx2.AsyncClient, path: str = "/imports", feed: bytes = FEED, **headers: str
) -> httpx2.Response:
    sent = CSV | {name.replace("_", "-"): value for name, value in headers.items()}
    return await client.post(path, content=feed, headers=sent)


async def test_a_feed_is_stored_and_queued(shop: Shop) -> None:
    answer = await send(shop.client, "/imports?mode=replace&max_removed=0.5")
    assert answer.status_code == 202, answer.text
    queued = Import.model_validate_json(answer.content)
    assert (queued.status, queued.mode, queued.rows, queued.visible) == ("queued", "replace", 0, True)
    assert answer.headers["location"] == f"/imports/{queued.import_id}"
    assert spooled(shop) == [FEED]
    record = shop.catalogue.imports.get(queued.import_id)
    assert record is not None
    assert (record.max_removed, record.format) == (0.5, None)
    assert (shop.folder / "imports" / record.source.removeprefix("spool:")).read_bytes() == FEED
    shown = Import.model_validate_json((await shop.client.get(answer.headers["location"])).content)
    assert shown == queued
    listed = Imports.model_validate_json((await shop.client.get("/imports?limit=5")).content)
    assert [each.import_id for each in listed.imports] == [queued.import_id]


async def test_the_state_of_the_catalogue_beside_the_imports(
    tmp_path: Path, bundle: Bundle, bundles: Path, settings: ApiSettings
) -> None:
    promotions = Promotions(bundles, lambda _: FakeEmbedder(), interval_s=60)
    async with open_shop(tmp_path, bundle, settings, promotions=promotions) as shop:
        begun = Imports.model_validate_json((await shop.client.get("/imports")).content)
        assert begun.index is not None
        assert (begun.index.version, begun.index.sequence) == (bundle.version, 1)
        assert (begun.waiting, begun.changed_at) == (0, None)
        assert begun.bundles == str(bundles)
        (version,) = begun.versions
        assert (version.version, version.items) == (bundle.version, ITEMS)
        assert (version.current, version.rollback) == (True, False)
        first, second = (quote(item["id"]) for item in (await shop.client.get("/items?limit=2")).json()["items"])
        patch: dict[str, Any] = {"content": '{"price": 1}', "headers": {"Content-Type": "application/merge-patch+json"}}
        assert (await shop.client.patch(f"/items/{first}", **patch)).status_code == 200
        assert (await shop.client.delete(f"/items/{second}")).status_code == 204
        after = Imports.model_validate_json((await shop.client.get("/imports")).content)
        assert after.index is not None
        assert (after.index.sequence, after.index.items, after.waiting) == (3, ITEMS - 1, 2)
        assert after.changed_at is not None
        assert abs((datetime.now(UTC) - datetime.fromisoformat(after.changed_at)).total_seconds()) < 60


async def test_versions_that_cannot_be_read_are_none(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> None:
    promotions = Promotions(tmp_path / "away", lambda _: FakeEmbedder(), interval_s=60)
    async with open_shop(tmp_path, bundle, settings, promotions=promotions) as shop:
        answer = Imports.model_validate_json((await shop.client.get("/imports")).content)
        assert (answer.versions, answer.bundles) == ([], str(tmp_path / "away"))


async def test_progress_errors_and_when_it_is_visible(shop: Shop) -> None:
    import_id = (await send(shop.client)).json()["import_id"]
    assert shop.catalogue.imports.claim("test", lease_s=60) is not None
    problems = [
        RowProblem(row, f"=cmd|' /C calc'!A{row}", "image_unreadable", '@is, "broken"\nhere') for row in range(1, 4)
    ]
    shop.catalogue.imports.commit(import_id, "test", ImportBatch(position=3, rows=3, problems=problems))
    shown = (await shop.client.get(f"/imports/{import_id}?limit=1&offset=1")).json()
    assert (shown["status"], shown["rows"], shown["failed"], shown["errors_total"]) == ("running", 3, 3, 3)
    assert shown["errors"] == [
        {"row": 2, "id": "=cmd|' /C calc'!A2", "code": "image_unreadable", "detail": '@is, "broken"\nhere'}
    ]
    answer = await shop.client.get(f"/imports/{import_id}/errors.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.text, newline="")))
    assert rows[0] == ["row", "id", "code", "detail"]
    assert [row[1] for row in rows[1:]] == [f"'=cmd|' /C calc'!A{row}" for row in range(1, 4)]
    assert rows[1][3] == '\'@is, "broken"\nhere'


async def test_many_errors_come_in_pages(shop: Shop) -> None:
    import_id = (await send(shop.client)).json()["import_id"]
    assert shop.catalogue.imports.claim("test", lease_s=60) is not None
    problems = [RowProblem(row, str(row), "missing_image", "no picture") for row in range(1, 1201)]
    shop.catalogue.imports.commit(import_id, "test", ImportBatch(position=1200, rows=1200, problems=problems))
    answer = await shop.client.get(f"/imports/{import_id}/errors.csv")
    assert [row[0] for row in csv.reader(io.StringIO(answer.text))][1:] == [str(row) for row in range(1, 1201)]


async def test_the_same_key_is_the_same_import(shop: Shop) -> None:
    first = await send(shop.client, Idempotency_Key="today")
    again = await send(shop.client, Idempotency_Key="today")
    assert first.json()["import_id"] == again.json()["import_id"]
    assert spooled(shop) == [FEED]
    other = problem_of(
        await send(shop.client, feed=FEED + b"2,2.jpg,Two\n", Idempotency_Key="today"), "invalid_parameter"
    )
    assert "Idempotency-Key" in other.detail
    problem_of(await send(shop.client, "/imports?mode=replace", Idempotency_Key="today"), "invalid_parameter")
    assert spooled(shop) == [FEED]
    assert (await send(shop.client)).json()["import_id"] != first.json()["import_id"]


@pytest.mark.parametrize(
    ("path", "headers", "feed", "code"),
    [
        ("/imports", {"Content-Type": "text/plain"}, FEED, "unsupported_media_type"),
        ("/imports", {"Content-Type": "multipart/form-data; boundary=x"}, FEED, "unsupported_media_type"),
        ("/imports", {"Content-Type": "application/x-www-form-urlencoded"}, FEED, "unsupported_media_type"),
        ("/imports", {**CSV, "Content-Encoding": "gzip"}, FEED, "unsupported_media_type"),
        ("/imports", CSV, b"", "invalid_parameter"),
        ("/imports?mode=all", CSV, FEED, "invalid_parameter"),
        ("/imports?max_removed=2", CSV, FEED, "invalid_parameter"),
        ("/imports?max_removed=nan", CSV, FEED, "invalid_parameter"),
        ("/imports?format=xls", CSV, FEED, "invalid_parameter"),
        ("/imports?url=x", CSV, FEED, "invalid_parameter"),
        ("/imports", {**CSV, "Idempotency-Key": "x" * 300}, FEED, "invalid_parameter"),
        ("/imports", {"Content-Type": "application/json"}, b'{"url": 5}', "invalid_parameter"),
        ("/imports", {"Content-Type": "application/json"}, b'{"feed": "x"}', "invalid_parameter"),
        ("/imports", {"Content-Type": "application/json"}, b"[]", "invalid_parameter"),
        ("/imports", {"Content-Type": "application/json"}, b'{"url": "http://127.0.0.1/"}', "image_url_refused"),
        ("/imports", {"Content-Type": "application/json"}, b'{"url": "file:///etc/passwd"}', "image_url_refused"),
    ],
)
async def test_what_is_refused_leaves_nothing(
    shop: Shop, path: str, headers: dict[str, str], feed: bytes, code: Any
) -> None:
    problem_of(await shop.client.post(path, content=feed, headers=headers), code)
    assert (spooled(shop), shop.catalogue.imports.latest(10)) == ([], [])


async def test_a_feed_that_is_too_large(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> None:
    few = settings.model_copy(update={"max_import_bytes": 1_000_000})
    async with open_shop(tmp_path, bundle, few) as shop:
        large = FEED + b"x" * 1_000_000

        async def unannounced() -> AsyncIterator[bytes]:
            yield large[:500_000]
            yield large[500_000:]

        problem_of(await send(shop.client, feed=large), "import_too_large")
        problem_of(await shop.client.post("/imports", content=unannounced(), headers=CSV), "import_too_large")
        assert spooled(shop) == []
        # What waits takes no more than some feeds of the largest size.
        statuses = [(await send(shop.client, feed=large[:900_000])).status_code for _ in range(6)]
        assert statuses == [202] * 4 + [503] * 2


async def test_a_folder_that_cannot_be_written(shop: Shop) -> None:
    (shop.folder / "imports").write_bytes(b"in the way")
    problem_of(await send(shop.client), "catalogue_unavailable")
    assert shop.catalogue.imports.latest(10) == []


async def test_a_full_disk(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import os

    def full(_descriptor: int, _data: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        answer = await send(shop.client)
    assert "disk" in problem_of(answer, "catalogue_unavailable").detail
    assert (spooled(shop), shop.catalogue.imports.latest(10)) == ([], [])


@pytest.mark.parametrize(
    "path", ["/imports/none", f"/imports/{'0' * 32}", f"/imports/{'0' * 32}/errors.csv", "/imports/%00"]
)
async def test_unknown_imports(shop: Shop, path: str) -> None:
    problem_of(await shop.client.get(path), "not_found")


async def test_imports_of_another_key_are_unknown(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> None:
    keys = [f"key-number-{number}-of-two" for number in range(2)]
    update = {"api_keys": tuple(map(SecretStr, keys))}
    async with open_shop(tmp_path, bundle, settings.model_copy(update=update)) as shop:
        location = (await send(shop.client, Idempotency_Key="today", X_API_Key=keys[0])).headers["location"]
        sent = {"X-API-Key": keys[1]}
        for path in (location, f"{location}/errors.csv"):
            problem_of(await shop.client.get(path, headers=sent), "not_found")
            assert (await shop.client.get(path, headers={"X-API-Key": keys[0]})).status_code == 200
        assert (await shop.client.get("/imports", headers=sent)).json()["imports"] == []
        # Its keys are its own as well.
        assert (await send(shop.client, Idempotency_Key="today", X_API_Key=keys[1])).headers["location"] != location

"""Requests that write at the same time share turns, and none of them spoils another's."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import httpx2
import pytest

from api.live import turns
from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.answers import problem_of
from tests.api.live_catalogue import Shop, open_shop
from tests.api.small_catalogue import ITEMS
from tests.served_elsewhere import of_memory

PATCH = {"Content-Type": "application/merge-patch+json"}
IDS = [f"15{number:03}" for number in range(4, ITEMS)]


async def patch(shop: Shop, item_id: str, title: str, **headers: str) -> httpx2.Response:
    return await shop.client.patch(
        f"/items/{item_id}", content=f'{{"title": "{title}"}}'.encode(), headers=PATCH | headers
    )


async def test_of_one_turn_each_has_its_own_answer(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> None:
    async with open_shop(tmp_path, bundle, settings) as shop:
        version = (await patch(shop, IDS[0], "first")).headers["etag"]
        answers = await asyncio.gather(
            patch(shop, IDS[1], "one"),
            patch(shop, IDS[0], "mine", **{"If-Match": version}),
            patch(shop, IDS[0], "theirs", **{"If-Match": version}),
            patch(shop, "none", "nothing"),
            patch(shop, IDS[2], "another"),
            shop.client.delete(f"/items/{IDS[3]}"),
        )
        assert [answer.status_code for answer in answers] == [200, 200, 412, 404, 200, 204]
        problem_of(answers[2], "precondition_failed")
        problem_of(answers[3], "unknown_item")
        sequences = [answers[place].json()["sequence"] for place in (0, 1, 4)]
        assert sequences == [3, 3, 3]
        assert (await shop.client.get(f"/items/{IDS[0]}")).json()["attributes"]["title"] == "mine"


@of_memory
async def test_a_row_that_cannot_be_read_costs_only_its_own_change(
    tmp_path: Path, bundle: Bundle, settings: ApiSettings
) -> None:
    async with open_shop(tmp_path, bundle, settings) as shop:
        with closing(sqlite3.connect(tmp_path / "catalogue.db")) as connection, connection:
            connection.execute("UPDATE items SET crop = '1,2' WHERE id = ?", (IDS[1],))
        answers = await asyncio.gather(*(patch(shop, item_id, "new") for item_id in IDS[:4]))
        assert [answer.status_code for answer in answers] == [200, 503, 200, 200]
        assert "was not written by Lookalike" in problem_of(answers[1], "catalogue_unavailable").detail
        listed = (await shop.client.get("/items?limit=100&filter=title:new")).json()["items"]
        assert {item["id"] for item in listed} == {IDS[0], IDS[2], IDS[3]}


@of_memory
async def test_who_waits_too_long_is_told_so(
    tmp_path: Path, bundle: Bundle, settings: ApiSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.database.BUSY_TIMEOUT_S", 0.3)
    monkeypatch.setattr("catalogue.engines.BUSY_TIMEOUT_S", 0.3)
    monkeypatch.setattr(turns, "_MOST", 1)
    monkeypatch.setattr(turns, "_PATIENCE_S", 0.1)
    async with open_shop(tmp_path, bundle, settings) as shop:
        locked, release = threading.Event(), threading.Event()

        def hold() -> None:
            with closing(sqlite3.connect(tmp_path / "catalogue.db", isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                locked.set()
                release.wait(20)
                connection.execute("ROLLBACK")

        holding = asyncio.create_task(asyncio.to_thread(hold))
        await asyncio.to_thread(locked.wait)
        try:
            answers = await asyncio.gather(*(patch(shop, item_id, "new") for item_id in IDS[:3]))
        finally:
            release.set()
            await holding
        details = [problem_of(answer, "catalogue_unavailable").detail for answer in answers]
        assert "is being written by another process for too long" in details[0]
        assert all("this has waited for it for over 0.1 s" in detail for detail in details[1:])
        assert all("nothing was changed" in detail for detail in details)
        assert (await patch(shop, IDS[0], "new")).json()["version"] == 2

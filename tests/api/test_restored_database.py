"""A database that is replaced by an older copy of itself, or whose numbers were forged, while it is served."""

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from api.items.index_watch import Promotions
from api.settings import ApiSettings
from catalogue.items import Patch
from index.bundle import Bundle, open_current
from index.current_version import set_current
from tests.api.answers import problem_of
from tests.api.fake_embedder import FakeEmbedder
from tests.api.live_catalogue import Shop, open_shop, until_status
from tests.api.test_following import compacted, index_of, until_index
from tests.served_elsewhere import of_memory

# Each test puts an older copy of SQLite's file in its place.
pytestmark = of_memory

MERGE = {"Content-Type": "application/merge-patch+json"}


@contextlib.asynccontextmanager
async def watching(tmp_path: Path, bundles: Path, settings: ApiSettings) -> AsyncIterator[tuple[Shop, Path]]:
    """A shop that follows CURRENT, and its folder of bundles."""
    folder = tmp_path / "bundles"
    shutil.copytree(bundles, folder)
    promotions = Promotions(folder, lambda model: FakeEmbedder(model_version=model), interval_s=0.01)
    async with open_shop(tmp_path, open_current(folder), settings, promotions=promotions) as shop:
        yield shop, folder


def set_head(shop: Shop, **values: int) -> None:
    """Set numbers of the database, as nobody does who writes items."""
    with contextlib.closing(sqlite3.connect(shop.folder / "catalogue.db")) as connection, connection:
        for name, value in values.items():
            connection.execute(f"UPDATE head SET {name} = ?", (value,))


def go_back(shop: Shop, sequence: int) -> None:
    """Bring the database to the state of a backup that was made at a sequence number."""
    with contextlib.closing(sqlite3.connect(shop.folder / "catalogue.db")) as connection, connection:
        connection.execute(
            "UPDATE items SET attributes = '{}', version = 1, sequence = 1 WHERE sequence > ?", (sequence,)
        )
        connection.execute("UPDATE head SET sequence = ?", (sequence,))


async def item(shop: Shop, item_id: str) -> dict[str, Any]:
    attributes: dict[str, Any] = (await shop.client.get(f"/items/{item_id}")).json()["attributes"]
    return attributes


async def until_looked(shop: Shop) -> None:
    """Wait until the process has asked the database once more, in vain."""

    async def failures() -> str:
        metrics = (await shop.client.get("/metrics")).text
        return next(line for line in metrics.splitlines() if line.startswith("lookalike_catalogue_failures_total"))

    before = await failures()
    async with asyncio.timeout(20):
        while await failures() == before:  # noqa: ASYNC110 - as clients see it
            await asyncio.sleep(0.01)


async def until_refused(shop: Shop, beginning: str) -> str:
    """Wait until the process knows why it takes no changes; returns what it says."""
    async with asyncio.timeout(20):
        says = ""
        while not (says and says.startswith(beginning)):
            await asyncio.sleep(0.01)
            says = str((await shop.client.get("/readyz")).json()["checks"]["catalogue"])
    assert says in problem_of(await shop.client.delete("/items/15010"), "catalogue_unavailable").detail
    return says


async def test_what_the_older_copy_never_had_is_not_shown_once_it_is_written_to(
    tmp_path: Path, bundle: Bundle, settings: ApiSettings
) -> None:
    async with open_shop(tmp_path, bundle, settings) as shop:
        for item_id in ("15010", "15011", "15012"):
            shop.catalogue.write(Patch(item_id, {"title": f"lost {item_id}"}))
        await until_index(shop, sequence=4)
        go_back(shop, 2)
        # Nobody writes before the process has looked, and each change that it then sees has a number that it knows.
        await until_index(shop, sequence=2)
        assert (await shop.client.get("/readyz")).json()["checks"]["catalogue"] == "ok"
        assert await item(shop, "15010") == {"title": "lost 15010"} | await item(shop, "15010")
        assert "lost" not in str(await item(shop, "15011")) + str(await item(shop, "15012"))
        shop.catalogue.write(Patch("15012", {"title": "new"}))
        shop.catalogue.write(Patch("15011", {"title": "new"}))
        await until_index(shop, sequence=4)
        assert (await item(shop, "15011"))["title"] == (await item(shop, "15012"))["title"] == "new"
        await until_status(shop, "DELETE", "/items/15010", 204)


async def test_an_index_with_changes_that_are_lost_takes_none_until_another_is_served(
    tmp_path: Path, bundles: Path, settings: ApiSettings
) -> None:
    async with watching(tmp_path, bundles, settings) as (shop, folder):
        older = open_current(folder).version
        for item_id in ("15010", "15011"):
            shop.catalogue.write(Patch(item_id, {"title": f"lost {item_id}"}))
        version = compacted(shop, folder)
        set_current(folder, version)
        await until_index(shop, version=version, sequence=3)
        go_back(shop, 1)
        says = await until_refused(shop, "the database was restored from an older backup, which ends at change 1")
        assert f"index {version} has change 3; go back" in says
        # Others write, until the database has as many changes as the index; they are not the same.
        for title in ("one", "two", "three"):
            shop.catalogue.write(Patch("15012", {"title": title}))
        await until_looked(shop)
        assert await until_refused(shop, "") == says
        assert (await index_of(shop))["sequence"] == 3
        set_current(folder, older)
        await until_index(shop, version=older, sequence=4)
        assert (await item(shop, "15012"))["title"] == "three"
        assert "lost" not in str(await item(shop, "15010"))
        await until_status(shop, "DELETE", "/items/15010", 204)


async def test_forged_numbers_end_no_process(tmp_path: Path, bundle: Bundle, settings: ApiSettings) -> None:
    async with open_shop(tmp_path, bundle, settings) as shop:
        shop.catalogue.write(Patch("15010", {"title": "first"}))
        await until_index(shop, sequence=2)
        # It jumps ahead: what is there is shown, and changes go on from there.
        set_head(shop, sequence=2**62)
        await until_index(shop, sequence=2**62)
        answer = await shop.client.patch("/items/15010", content='{"title": "second"}', headers=MERGE)
        assert answer.status_code == 200
        assert (await index_of(shop))["sequence"] == 2**62 + 1
        # A number that an item has already: nothing is changed, and no row is overwritten.
        set_head(shop, next_number=0)
        before = await item(shop, "15011")
        picture = (await shop.client.get("/items/15011/image")).content
        put = await shop.client.put("/items/new", files={"image": picture, "item": (None, "{}")})
        assert "nothing was changed" in problem_of(put, "catalogue_unavailable").detail
        assert await item(shop, "15011") == before
        # A row from the future of the database.
        with contextlib.closing(sqlite3.connect(shop.folder / "catalogue.db")) as connection, connection:
            connection.execute(
                "UPDATE items SET sequence = ?, attributes = '{\"title\": \"x\"}' WHERE id = '15012'", (2**63 - 1,)
            )
            connection.execute("UPDATE head SET sequence = sequence + 1")
        await until_index(shop, sequence=2**62 + 2)
        assert await item(shop, "15012") == {"title": "x"}
        assert (await shop.client.get("/livez")).status_code == 200
        with contextlib.closing(sqlite3.connect(shop.folder / "catalogue.db")) as connection, connection:
            connection.execute("DELETE FROM head")
        await until_refused(shop, "the database sqlite")
        assert (await shop.client.get("/items/15012/similar")).status_code == 200

"""The served index follows the database: changes of other processes, other bundles, and a database that is away."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from api.items.index_watch import Promotions
from api.live.writing import content_of
from api.settings import ApiSettings
from catalogue.items import Delete, Patch, Put
from catalogue.live_catalogue import LiveCatalogue
from contracts.embedding_set import EmbeddingSet
from contracts.items import Item
from index.building import build_bundle
from index.bundle import Bundle, open_current
from index.compaction import compact, make_current
from index.current_version import set_current
from tests.api.answers import problem_of
from tests.api.fake_embedder import IDENTITY, FakeEmbedder, embed_pixels
from tests.api.live_catalogue import Shop, adopted, make_database, open_shop, until_status
from tests.api.small_catalogue import ITEMS, draw, encode

OTHER = replace(IDENTITY, version="other-0123456789ab")
WRITERS = 8
PICTURE = encode(draw(800), "PNG")


@pytest.fixture
def folder(bundle: Bundle, bundles: Path, tmp_path: Path) -> Path:
    assert bundle.version
    shutil.copytree(bundles, tmp_path / "bundles")
    return tmp_path / "bundles"


@contextlib.asynccontextmanager
async def watching(tmp_path: Path, folder: Path, settings: ApiSettings, url: str | None = None) -> AsyncIterator[Shop]:
    """A shop that follows CURRENT too."""
    promotions = Promotions(folder, lambda model: FakeEmbedder(model_version=model), interval_s=0.01)
    async with open_shop(tmp_path, open_current(folder), settings, url=url, promotions=promotions) as shop:
        yield shop


async def index_of(shop: Shop) -> dict[str, Any]:
    answer: dict[str, Any] = (await shop.client.get("/items?limit=1")).json()
    index: dict[str, Any] = answer["index"]
    return index


async def until_index(shop: Shop, **members: object) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            index = await index_of(shop)
            if index.items() >= members.items():
                return index
            await asyncio.sleep(0.01)


def new_item(item_id: str, **attributes: str) -> Put:
    return Put(
        item_id,
        f"sha256:{content_of(PICTURE).hex()}",
        None,
        content_of(PICTURE),
        attributes,
        embed_pixels(draw(800)),
        IDENTITY.version,
    )


def compacted(shop: Shop, folder: Path) -> str:
    """A compaction at the newest change; CURRENT stays."""
    base = open_current(folder)
    after = base.sequence if base.sequence is not None else 1
    changes = shop.catalogue.changes(after=after, model=base.model.version)
    return compact(
        base, changes.items, folder, sequence=changes.sequence, catalogue=shop.catalogue.identity, now=datetime.now(UTC)
    )


async def test_changes_of_another_process_come_within_a_second(
    tmp_path: Path, folder: Path, settings: ApiSettings
) -> None:
    async with watching(tmp_path, folder, settings) as shop:
        sequence = shop.catalogue.write(new_item("new", title="New")).sequence
        async with asyncio.timeout(1):
            await until_index(shop, sequence=sequence, items=ITEMS + 1)
        shop.catalogue.write(Patch("new", {"title": "Newer"}))
        shop.catalogue.write(Delete("15010"))
        await until_index(shop, sequence=sequence + 2, items=ITEMS)
        assert (await shop.client.get("/items/new")).json()["attributes"] == {"title": "Newer"}
        metrics = (await shop.client.get("/metrics")).text
        assert f"lookalike_catalogue_sequence {float(sequence + 2)}" in metrics
        assert "lookalike_catalogue_changes 2.0" in metrics
        assert f"lookalike_index_items {float(ITEMS)}" in metrics


async def test_a_process_starts_with_all_changes(
    tmp_path: Path, folder: Path, bundle: Bundle, settings: ApiSettings
) -> None:
    url = make_database(tmp_path / "catalogue.db", bundle)
    with contextlib.closing(LiveCatalogue.open(url, create=False)) as catalogue:
        catalogue.write(new_item("new"))
    async with watching(tmp_path, folder, settings, url) as shop:
        assert (await shop.client.get("/items/new")).status_code == 200


async def test_a_process_that_starts_before_the_database_is_made(
    tmp_path: Path, folder: Path, bundle: Bundle, settings: ApiSettings
) -> None:
    async with watching(tmp_path, folder, settings, f"sqlite:///{tmp_path}/catalogue.db") as shop:
        assert (await shop.client.get("/items/15010/similar")).status_code == 200
        problem = problem_of(await shop.client.delete("/items/15010"), "catalogue_unavailable")
        assert "the importer makes it" in problem.detail
        adopted(f"sqlite:///{tmp_path}/catalogue.db", bundle)
        await until_index(shop, sequence=1)
        assert (await shop.client.delete("/items/15010")).status_code == 204


async def test_compaction_and_rollback_change_no_answer(tmp_path: Path, folder: Path, settings: ApiSettings) -> None:
    paths = (
        "/items?limit=100",
        "/items/15010/similar?limit=100",
        "/items?sample=random&seed=3&limit=60",
        "/attributes",
    )

    async def answers(shop: Shop) -> list[Any]:
        found = []
        for path in paths:
            answer = (await shop.client.get(path)).json()
            for member in ("request_id", "timing_ms", "index"):
                answer.pop(member, None)
            found.append(answer)
        return found

    async with watching(tmp_path, folder, settings) as shop:
        first = (await index_of(shop))["version"]
        shop.catalogue.write(new_item("new", title="New"))
        shop.catalogue.write(Delete("15011"))
        shop.catalogue.write(Patch("15012", {"year": "1999"}))
        await until_index(shop, sequence=4)
        before = await answers(shop)
        version = compacted(shop, folder)
        make_current(folder, version, instead_of=first)
        assert (await until_index(shop, version=version))["sequence"] == 4
        assert await answers(shop) == before
        # What comes after it, and what an older bundle lacks, is applied again.
        assert (await shop.client.delete("/items/new")).status_code == 204
        after = await answers(shop)
        set_current(folder, first)
        assert (await until_index(shop, version=first))["sequence"] == 5
        assert await answers(shop) == after
        set_current(folder, version)
        await until_index(shop, version=version, sequence=5)
        assert await answers(shop) == after


async def test_another_network_waits_for_the_embeddings_of_changes(
    tmp_path: Path, folder: Path, settings: ApiSettings
) -> None:
    async with watching(tmp_path, folder, settings) as shop:
        first = await index_of(shop)
        base = open_current(folder)
        items, embeddings = [], []
        for changed in shop.catalogue.all_items(IDENTITY.version):
            assert isinstance(changed.item, Item)
            assert changed.embedding is not None
            items.append(changed.item)
            embeddings.append(changed.embedding[::-1])
        refitted = build_bundle(
            EmbeddingSet(items, np.stack(embeddings), OTHER, base.catalogue_root),
            folder,
            components=16,
            now=datetime.now(UTC),
            sequence=1,
            catalogue=shop.catalogue.identity,
        )
        shop.catalogue.write(new_item("new"))
        set_current(folder, refitted.version)
        await until_metric(shop, "lookalike_index_stale 1.0")
        await until_status(shop, "GET", "/items/new", 200)
        assert (await index_of(shop))["version"] == first["version"]
        # Nothing is lost meanwhile.
        assert (await shop.client.delete("/items/15010")).status_code == 204
        shop.catalogue.add_embeddings({content_of(PICTURE): embed_pixels(draw(800))}, OTHER.version)
        index = await until_index(shop, version=refitted.version)
        assert (index["model"], index["sequence"], index["items"]) == (OTHER.version, 3, ITEMS)
        # A process that still embeds by the other network must not be able to hide its item for good.
        late = encode(draw(801), "PNG")
        put = replace(new_item("late"), content=content_of(late), embedding=embed_pixels(draw(801)))
        shop.catalogue.write(put)
        shop.catalogue.write(Delete("15011"))
        await until_index(shop, sequence=5, items=ITEMS - 1)
        checks = (await shop.client.get("/readyz")).json()
        assert "'late'" in checks["checks"]["catalogue"]
        shop.catalogue.add_embeddings({content_of(late): embed_pixels(draw(801))}, OTHER.version)
        await until_index(shop, items=ITEMS)
        assert (await shop.client.get("/readyz")).json()["checks"]["catalogue"] == "ok"


async def test_a_bundle_of_no_catalogue_takes_changes_away(tmp_path: Path, folder: Path, settings: ApiSettings) -> None:
    async with watching(tmp_path, folder, settings) as shop:
        base = open_current(folder)
        items = [
            Item(record.id, record.image, orjson.loads(record.attributes))
            for record in map(base.items.record, range(len(base.items)))
        ]
        vectors = np.asarray(base.full_embeddings, np.float32)
        foreign = build_bundle(
            EmbeddingSet(items, vectors, IDENTITY, base.catalogue_root), folder, components=16, now=datetime.now(UTC)
        )
        assert (await shop.client.delete("/items/15010")).status_code == 204
        set_current(folder, foreign.version)
        index = await until_index(shop, version=foreign.version)
        assert (index["items"], "sequence" in index) == (ITEMS, False)
        problem_of(await shop.client.delete("/items/15011"), "catalogue_unavailable")
        set_current(folder, base.version)
        await until_index(shop, version=base.version, sequence=2)
        await until_status(shop, "DELETE", "/items/15011", 204)


async def test_many_writers_at_once_lose_nothing(tmp_path: Path, folder: Path, settings: ApiSettings) -> None:
    async with watching(tmp_path, folder, settings) as shop:
        shop.catalogue.write(new_item("new"))
        ids = [f"15{number:03}" for number in range(4, ITEMS)]

        async def change(item_id: str, title: str) -> int:
            headers = {"Content-Type": "application/merge-patch+json"}
            body = orjson.dumps({"title": title})
            answer = await shop.client.patch(f"/items/{item_id}", content=body, headers=headers)
            assert answer.status_code == 200, answer.text
            # Visible at once, whoever applied it.
            shown = (await shop.client.get(f"/items/{item_id}")).json()
            assert shown["attributes"]["title"] == title
            sequence: int = answer.json()["sequence"]
            return sequence

        async def swap() -> None:
            base = open_current(folder)
            version = await asyncio.to_thread(compacted, shop, folder)
            make_current(folder, version, instead_of=base.version)
            # There from memory, back with what the database has.
            for current in (version, base.version, version, base.version):
                set_current(folder, current)
                await until_index(shop, version=current)

        async def write(own: list[str]) -> list[int]:
            return [await change(item_id, f"{item_id} changed") for item_id in own]

        writers = [write(ids[number::WRITERS]) for number in range(WRITERS)]
        written, _ = await asyncio.gather(asyncio.gather(*writers), swap())
        sequences = [sequence for each in written for sequence in each]
        # What comes at the same time is written together.
        assert 1 < len(set(sequences)) < len(ids)
        assert (await index_of(shop))["sequence"] == max(sequences)
        listed = (await shop.client.get("/items?limit=100")).json()["items"]
        assert {item["id"] for item in listed if item["attributes"].get("title", "").endswith("changed")} == set(ids)


async def until_metric(shop: Shop, line: str) -> None:
    async with asyncio.timeout(20):
        while line not in (await shop.client.get("/metrics")).text:  # noqa: ASYNC110 - as Prometheus sees it
            await asyncio.sleep(0.01)

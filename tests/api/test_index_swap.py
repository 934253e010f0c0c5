"""A running application takes over the bundle that CURRENT comes to name."""

import asyncio
import weakref
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from api.items.index_watch import Promotions
from api.settings import ApiSettings
from index.bundle import open_current
from tests.api.answers import problem_of
from tests.api.conftest import connected
from tests.api.fake_embedder import FakeEmbedder
from tests.api.promotable import COMMON_IDS, ITEMS, Promotable, until
from tests.api.small_catalogue import draw, encode
from tests.api.swapping import Running, running
from tests.served_elsewhere import of_memory

PHOTO = encode(draw(1), "PNG")


@pytest.fixture
def bundles(promotable_once: Promotable, tmp_path: Path) -> Promotable:
    return promotable_once.copied_to(tmp_path / "bundles")


async def test_every_answer_is_of_the_promoted_bundle(settings: ApiSettings, bundles: Promotable) -> None:
    bundles.promote(bundles.first)
    async with running(settings, bundles.folder) as api:
        client = api.client
        before = {
            path: await client.get(path) for path in ("/openapi.json", f"/items/{COMMON_IDS[0]}/image", "/attributes")
        }
        assert (await api.listed())["index"]["version"] == bundles.first
        bundles.promote(bundles.second)
        await api.until_serves(bundles.second)
        listed = await api.listed()
        assert {item["attributes"]["bundle"] for item in listed["items"]} == {"1"}
        drawn = (await client.get("/items?sample=random&seed=3&limit=100")).json()
        assert {item["attributes"]["bundle"] for item in drawn["items"]} == {"1"}
        similar = (await client.get(f"/items/{COMMON_IDS[0]}/similar")).json()
        assert similar["index"]["version"] == bundles.second
        assert {item["attributes"]["bundle"] for item in similar["items"]} == {"1"}
        by_photo = (await client.post("/similar", files={"image": PHOTO})).json()
        assert by_photo["index"]["version"] == bundles.second
        assert (await client.get("/attributes")).json()["attributes"]["bundle"]["values"] == {"1": ITEMS}
        problem_of(await client.get("/items/bundle-0-9"), "unknown_item")
        assert (await client.get("/items/bundle-1-9")).status_code == 200
        metrics = (await client.get("/metrics")).text
        assert bundles.second in metrics
        assert bundles.first not in metrics
        assert await api.metric("lookalike_index_swaps_total") == 1
        # What clients hold of the old version is not theirs any more.
        for path, old in before.items():
            new = await client.get(path, headers={"If-None-Match": old.headers.get("etag", '"none"')})
            assert new.status_code == 200, path
            assert new.content != old.content, path
        # One model, one embedder.
        [[embedder]] = api.embedders.values()
        assert (embedder.started, embedder.stopped) == (1, 0)


async def test_examples_of_the_document_are_of_the_promoted_bundle(settings: ApiSettings, bundles: Promotable) -> None:
    async with running(settings, bundles.folder) as api:
        parameter = await _id_parameter(api)
        assert "example" not in parameter
        bundles.promote(bundles.first)
        await api.until_serves(bundles.first)
        assert (await _id_parameter(api))["example"] == "bundle-0-0"


async def _id_parameter(api: Running) -> dict[str, Any]:
    document = (await api.client.get("/openapi.json")).json()
    parameters: list[dict[str, Any]] = document["paths"]["/items/{id}"]["get"]["parameters"]
    return next(parameter for parameter in parameters if parameter["name"] == "id")


async def test_the_first_bundle_may_come_while_the_process_runs(settings: ApiSettings, bundles: Promotable) -> None:
    async with running(settings, bundles.folder) as api:
        problem_of(await api.client.get("/items"), "index_unavailable")
        problem_of(await api.client.post("/similar", files={"image": PHOTO}), "index_unavailable")
        assert (await api.client.get("/readyz")).status_code == 503
        assert (await api.client.get("/metrics")).status_code == 200
        bundles.promote(bundles.other)
        await api.until_serves(bundles.other)
        answer = await api.client.post("/similar", files={"image": PHOTO})
        assert answer.json()["index"]["model"] == bundles.models[bundles.other]
        assert (await api.client.get("/readyz")).json()["checks"] == {"index": "ok", "redis": "ok", "worker": "ok"}


async def test_photos_on_their_way_end_with_the_index_they_began_with(
    settings: ApiSettings, bundles: Promotable
) -> None:
    bundles.promote(bundles.first)
    async with running(settings, bundles.folder) as api:
        [[old]] = api.embedders.values()
        old.gate = asyncio.Event()
        on_its_way = asyncio.create_task(api.client.post("/similar", files={"image": PHOTO}))
        await old.entered.wait()
        bundles.promote(bundles.other)
        await api.until_serves(bundles.other)
        new_answer = (await api.client.post("/similar", files={"image": PHOTO})).json()
        assert new_answer["index"]["model"] == bundles.models[bundles.other]
        assert {item["attributes"]["bundle"] for item in new_answer["items"]} == {"2"}
        [new] = api.embedders[bundles.models[bundles.other]]
        assert (old.asked, new.asked) == (1, 1)
        assert not on_its_way.done()
        assert old.stopped == 0
        old.gate.set()
        answer = await on_its_way
        assert answer.status_code == 200
        assert answer.json()["index"]["version"] == bundles.first
        assert {item["attributes"]["bundle"] for item in answer.json()["items"]} == {"0"}
        await until(lambda: old.stopped == 1)
        assert new.stopped == 0
        # Back again: the old model gets a new embedder, for the first one has ended.
        bundles.promote(bundles.first)
        await api.until_serves(bundles.first)
        again = await api.client.post("/similar", files={"image": PHOTO})
        assert again.json()["index"]["version"] == bundles.first
        assert [embedder.asked for embedder in api.embedders[bundles.models[bundles.first]]] == [1, 1]
    assert {embedder.stopped for made in api.embedders.values() for embedder in made} == {1}


@of_memory
async def test_an_index_is_released_with_the_last_request_that_uses_it(
    settings: ApiSettings, bundles: Promotable
) -> None:
    bundles.promote(bundles.first)
    bundle = open_current(bundles.folder)
    released = weakref.ref(bundle.gallery)
    embedder = FakeEmbedder(gate=asyncio.Event())
    assert embedder.gate is not None
    app = create_app(settings, bundle, embedder, Promotions(bundles.folder, lambda _: embedder, interval_s=0.01))
    del bundle
    async with connected(app) as client:
        api = Running(client, {})
        on_its_way = asyncio.create_task(client.post("/similar", files={"image": PHOTO}))
        await embedder.entered.wait()
        for item_id in COMMON_IDS:
            assert (await client.get(f"/items/{item_id}/image")).status_code == 200
        bundles.promote(bundles.second)
        await api.until_serves(bundles.second)
        assert released() is not None
        embedder.gate.set()
        assert (await on_its_way).json()["index"]["version"] == bundles.first
        # Nothing but its references held it: no collection is needed.
        await until(lambda: released() is None)

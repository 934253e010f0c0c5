"""A running application takes over the bundle that CURRENT comes to name."""

import asyncio
import contextlib
import logging
import shutil
import weakref
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.app import create_app
from api.items import index_watch
from api.items.index_watch import Promotions, Seen
from api.settings import ApiSettings
from index.bundle import open_current
from tests.api.answers import problem_of
from tests.api.conftest import connected
from tests.api.fake_embedder import FakeEmbedder
from tests.api.promotable import COMMON_IDS, ITEMS, Promotable, make_promotable, until
from tests.api.small_catalogue import draw, encode

PHOTO = encode(draw(1), "PNG")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Promotable:
    return make_promotable(tmp_path_factory.mktemp("pictures"), tmp_path_factory.mktemp("swapped"))


@pytest.fixture
def bundles(built: Promotable, tmp_path: Path) -> Promotable:
    return built.copied_to(tmp_path / "bundles")


class Running:
    """The application over a folder, and the embedders that it made, by model version."""

    def __init__(self, client: httpx2.AsyncClient, embedders: dict[str, list[FakeEmbedder]]) -> None:
        self.client = client
        self.embedders = embedders

    async def until_serves(self, version: str) -> None:
        async with asyncio.timeout(60):
            while (await self.listed()).get("index", {}).get("version") != version:  # noqa: ASYNC110 - as clients see it
                await asyncio.sleep(0.005)

    async def listed(self) -> dict[str, Any]:
        answer: dict[str, Any] = (await self.client.get("/items?limit=100")).json()
        return answer

    async def metric(self, name: str) -> float:
        lines = (await self.client.get("/metrics")).text.splitlines()
        return float(next(line for line in lines if line.startswith(f"{name} ")).split(" ")[1])


@contextlib.asynccontextmanager
async def running(settings: ApiSettings, folder: Path) -> AsyncIterator[Running]:
    embedders: dict[str, list[FakeEmbedder]] = {}

    def make(model_version: str) -> FakeEmbedder:
        made = FakeEmbedder(model_version=model_version)
        embedders.setdefault(model_version, []).append(made)
        return made

    bundle = open_current(folder) if (folder / "CURRENT").exists() else None
    embedder = None if bundle is None else make(bundle.model.version)
    app = create_app(settings, bundle, embedder, Promotions(folder, make, interval_s=0.01))
    del bundle, embedder
    async with connected(app) as client:
        yield Running(client, embedders)


class Looks:
    """Counts the looks at the folder."""

    def __init__(self) -> None:
        self._condition = asyncio.Condition()
        self._count = 0
        self._loop = asyncio.get_running_loop()

    def note(self) -> None:
        asyncio.run_coroutine_threadsafe(self._note(), self._loop)

    async def pass_by(self, count: int) -> None:
        """Wait for so many more."""
        async with asyncio.timeout(60), self._condition:
            wanted = self._count + count
            await self._condition.wait_for(lambda: self._count >= wanted)

    async def _note(self) -> None:
        async with self._condition:
            self._count += 1
            self._condition.notify_all()


@pytest.fixture
async def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    looks = Looks()
    look = index_watch.see

    def counted(folder: Path, served: str | None) -> Seen:
        looks.note()
        return look(folder, served)

    monkeypatch.setattr(index_watch, "see", counted)
    return looks


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


async def test_the_index_goes_on_when_current_is_removed(
    settings: ApiSettings, bundles: Promotable, looks: Looks, caplog: pytest.LogCaptureFixture
) -> None:
    bundles.promote(bundles.first)
    async with running(settings, bundles.folder) as api:
        bundles.demote()
        await looks.pass_by(5)
        assert (await api.listed())["index"]["version"] == bundles.first
        assert await api.metric("lookalike_index_stale") == 1
        assert len(warnings(caplog)) == 1
        bundles.promote(bundles.first)
        await looks.pass_by(3)
        assert await api.metric("lookalike_index_stale") == 0
        assert await api.metric("lookalike_index_swaps_total") == 0


def _without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _truncated(folder: Path) -> None:
    path = folder / "full_embeddings.npy"
    path.write_bytes(path.read_bytes()[:-100])


def _flipped(folder: Path) -> None:
    path = folder / "items.jsonl"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "spoil", [_without("manifest.json"), _without("reduction.npz"), _truncated, _flipped, shutil.rmtree]
)
async def test_a_bundle_that_cannot_be_opened_changes_nothing_until_it_is_mended(
    settings: ApiSettings,
    bundles: Promotable,
    looks: Looks,
    caplog: pytest.LogCaptureFixture,
    spoil: Callable[[Path], None],
) -> None:
    bundles.promote(bundles.first)
    spoiled, whole = bundles.folder / bundles.second, bundles.folder / "whole"
    shutil.copytree(spoiled, whole)
    async with running(settings, bundles.folder) as api:
        bundles.promote(bundles.second)
        await api.until_serves(bundles.second)
        bundles.promote(bundles.first)
        await api.until_serves(bundles.first)
        spoil(spoiled)
        spoiled.mkdir(exist_ok=True)
        bundles.promote(bundles.second)
        await looks.pass_by(10)
        assert (await api.listed())["index"]["version"] == bundles.first
        assert (await api.client.get("/readyz")).json()["status"] == "ready"
        assert await api.metric("lookalike_index_stale") == 1
        [line] = warnings(caplog)
        assert bundles.second in line
        assert f"index {bundles.first} is still served" in line
        shutil.rmtree(spoiled)
        whole.rename(spoiled)
        await api.until_serves(bundles.second)
        assert await api.metric("lookalike_index_stale") == 0


async def test_a_bundle_under_anothers_name_is_refused(
    settings: ApiSettings, bundles: Promotable, looks: Looks, caplog: pytest.LogCaptureFixture
) -> None:
    bundles.promote(bundles.first)
    shutil.rmtree(bundles.folder / bundles.second)
    shutil.copytree(bundles.folder / bundles.other, bundles.folder / bundles.second)
    async with running(settings, bundles.folder) as api:
        bundles.promote(bundles.second)
        await looks.pass_by(4)
        assert (await api.listed())["index"]["version"] == bundles.first
    assert f"contains the version {bundles.other}" in warnings(caplog)[0]


async def test_what_nobody_foresaw_is_logged_once_and_the_watch_goes_on(
    settings: ApiSettings,
    bundles: Promotable,
    looks: Looks,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    bundles.promote(bundles.first)
    async with running(settings, bundles.folder) as api:
        with monkeypatch.context() as patched:
            patched.setattr(index_watch, "open_index", fail)
            bundles.promote(bundles.other)
            await looks.pass_by(6)
        assert (await api.listed())["index"]["version"] == bundles.first
        assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1
        # The embedder that was started for it is not left behind.
        assert [embedder.stopped for embedder in api.embedders[bundles.models[bundles.other]]] == [1]
        bundles.promote(bundles.second)
        await api.until_serves(bundles.second)


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


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]

"""A running application keeps its index while CURRENT names nothing that it can open."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from api.items import index_watch
from api.items.index_watch import Seen
from api.settings import ApiSettings
from tests.api.promotable import Promotable
from tests.api.swapping import Looks, running


@pytest.fixture
def bundles(promotable_once: Promotable, tmp_path: Path) -> Promotable:
    return promotable_once.copied_to(tmp_path / "bundles")


@pytest.fixture
async def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    looks = Looks()
    look = index_watch.see

    def counted(folder: Path, served: str | None) -> Seen:
        looks.note()
        return look(folder, served)

    monkeypatch.setattr(index_watch, "see", counted)
    return looks


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


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]

"""Which version is served, and what is said of it, where a real PostgreSQL holds the items."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from api.app import create_app
from api.items.index_watch import Promotions
from api.openapi.schemas import IndexSummary
from api.settings import ApiSettings
from checks.search_engine import check_search_engine
from contracts.errors import BundleError, EngineError, SearchUnavailableError
from engines.engine import Engine
from engines.held_version import open_held, open_served
from engines.opening import open_engine
from index.bundle import open_bundle, open_current
from index.bundle_manifest import REDUCTION
from lookalike import main
from tests.api.conftest import connected
from tests.api.fake_embedder import FakeEmbedder
from tests.api.promotable import Promotable
from tests.api.swapping import Running
from tests.catalogue.postgresql_server import PostgresqlServer

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def url(search_server: PostgresqlServer) -> str:
    name = search_server.make_database()
    search_server.run("CREATE EXTENSION vector", database=name)
    return search_server.url(name, password="geheim")


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    with contextlib.closing(open_engine(url, timeout_s=20)) as engine:
        yield engine
        for held in engine.versions():
            engine.remove(held.version)


@pytest.fixture
def bundles(promotable_once: Promotable, tmp_path: Path) -> Promotable:
    return promotable_once.copied_to(tmp_path / "bundles")


@contextlib.asynccontextmanager
async def serving(bundles: Promotable, engine: Engine) -> AsyncIterator[Running]:
    """An application that serves whatever CURRENT names, as far as the engine holds it."""
    settings = ApiSettings(redis_url="redis://127.0.0.1:1/0", search_timeout_s=20)
    promotions = Promotions(bundles.folder, lambda model: FakeEmbedder(model_version=model), engine, interval_s=0.01)
    base = open_served(bundles.folder, bundles.first, engine)
    async with connected(create_app(settings, base, FakeEmbedder(), promotions)) as client:
        yield Running(client, {})


async def test_a_version_is_served_once_the_engine_holds_all_of_it(
    bundles: Promotable, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    bundles.promote(bundles.first)
    engine.load(open_bundle(bundles.folder / bundles.first))
    async with serving(bundles, engine) as api:
        assert (await api.listed())["index"]["version"] == bundles.first
        bundles.promote(bundles.second)
        async with asyncio.timeout(20):
            while await api.metric("lookalike_index_stale") != 1:  # noqa: ASYNC110 - as Prometheus sees it
                await asyncio.sleep(0.01)
        assert (await api.listed())["index"]["version"] == bundles.first
        (warning,) = [record.message for record in caplog.records if "lookalike index load" in record.message]
        assert f"does not hold index {bundles.second}" in warning
        assert f"index {bundles.first} is still served" in warning
        assert "geheim" not in warning
        await asyncio.to_thread(engine.load, open_bundle(bundles.folder / bundles.second))
        await api.until_serves(bundles.second)
        assert await api.metric("lookalike_index_stale") == 0
        # Answers of the version before are not taken for this one's.
        assert "recall" not in (await api.listed())["index"]


async def test_the_recall_of_an_approximate_version_stands_in_every_answer(bundles: Promotable, engine: Engine) -> None:
    bundles.promote(bundles.first)
    engine.load(open_bundle(bundles.folder / bundles.first), approximate=True)
    async with serving(bundles, engine) as api:
        summary = (await api.listed())["index"]
        assert summary["recall"] is None
        assert IndexSummary.model_validate(summary).recall is None
    engine.note_recall(bundles.first, 0.99312345)
    async with serving(bundles, engine) as api:
        for path in ("/items?limit=1", "/items/common-1/similar"):
            assert (await api.client.get(path)).json()["index"]["recall"] == 0.9931


def test_of_the_bundle_only_what_is_small_is_read(bundles: Promotable, engine: Engine) -> None:
    folder = bundles.folder / bundles.first
    engine.load(open_bundle(folder))
    for file in folder.iterdir():
        if file.name not in {"manifest.json", REDUCTION}:
            file.unlink()
    assert len(open_held(bundles.folder, bundles.first, engine).part) == 40
    (folder / REDUCTION).write_bytes(b"x" * (folder / REDUCTION).stat().st_size)
    with pytest.raises(BundleError, match="does not match the SHA-256"):
        open_held(bundles.folder, bundles.first, engine)


def test_another_version_of_the_same_name_is_refused(bundles: Promotable, engine: Engine) -> None:
    engine.load(open_bundle(bundles.folder / bundles.first))
    shutil.rmtree(bundles.folder / bundles.first)
    (bundles.folder / bundles.second).rename(bundles.folder / bundles.first)
    with pytest.raises(BundleError, match="contains the version"):
        open_held(bundles.folder, bundles.first, engine)


def test_a_load_that_was_interrupted_is_not_opened(
    bundles: Promotable, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stop(Exception):
        pass

    def stop(*_: object) -> None:
        raise Stop

    with pytest.raises(Stop):
        engine.load(open_bundle(bundles.folder / bundles.first), progress=stop)
    with pytest.raises(EngineError, match="lookalike index load"):
        open_held(bundles.folder, bundles.first, engine)


def test_check_says_what_the_engine_holds(bundles: Promotable, engine: Engine, url: str) -> None:
    bundles.promote(bundles.first)
    missing = check_search_engine(url, bundles.folder)
    assert (missing.state, "lookalike index load" in missing.mend) == ("problem", True)
    assert "holds 0 versions" in check_search_engine(url, None).says
    engine.load(open_bundle(bundles.folder / bundles.first))
    found = check_search_engine(url, bundles.folder)
    assert (found.state, found.mend) == ("ok", "")
    assert found.says.endswith(f"holds index {bundles.first}: 40 items, searched exactly")
    engine.remove(bundles.first)
    engine.load(open_current(bundles.folder), approximate=True)
    assert check_search_engine(url, bundles.folder).state == "note"
    engine.note_recall(bundles.first, 0.5)
    assert "a recall of 0.5000" in check_search_engine(url, bundles.folder).says
    assert "geheim" not in str([missing, found])


def test_check_says_what_is_wrong_with_the_server(search_server: PostgresqlServer, bundles: Promotable) -> None:
    name = search_server.make_database()
    lacking = check_search_engine(search_server.url(name), bundles.folder)
    assert (lacking.state, "CREATE EXTENSION vector" in lacking.mend) == ("problem", True)
    search_server.run("CREATE EXTENSION vector", database=name)
    search_server.run("CREATE ROLE nobody LOGIN")
    search_server.run(f"REVOKE CONNECT ON DATABASE {name} FROM public")
    for address, says in (
        (search_server.url(name, user="nobody", password="geheim"), "refuses"),
        ("postgresql://me:geheim@127.0.0.1:1/shop", "cannot be reached"),
        ("ftp://me:geheim@shop/index", "no known kind"),
    ):
        finding = check_search_engine(address, bundles.folder)
        assert finding.state == "problem"
        assert says in finding.says, finding
        assert "geheim" not in f"{finding}"


def test_the_look_alikes_of_every_item_are_exported_from_it(
    bundles: Promotable, engine: Engine, url: str, tmp_path: Path
) -> None:
    bundles.promote(bundles.first)
    engine.load(open_current(bundles.folder))
    for name, options in (("memory", []), ("engine", ["--search-url", url])):
        assert main(["export-similar", str(bundles.folder), "--k", "5", "--out", str(tmp_path / name), *options]) == 0
    assert (tmp_path / "engine").read_bytes() == (tmp_path / "memory").read_bytes()
    assert len((tmp_path / "engine").read_text().splitlines()) == 40


def test_without_one_nothing_is_wrong() -> None:
    finding = check_search_engine(None, None)
    assert (finding.state, "LOOKALIKE_SEARCH_URL is not set" in finding.says) == ("ok", True)


def test_one_that_is_away_is_not_there_yet(bundles: Promotable) -> None:
    with (
        contextlib.closing(open_engine("postgresql://127.0.0.1:1/shop", timeout_s=1)) as away,
        pytest.raises(SearchUnavailableError),
    ):
        open_served(bundles.folder, bundles.first, away)

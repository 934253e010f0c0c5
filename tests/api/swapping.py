"""A running application that watches a folder of bundles, and what its watch does."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2

from api.app import create_app
from api.items.index_watch import Promotions
from api.settings import ApiSettings
from index.bundle import open_current
from tests.api.conftest import connected
from tests.api.fake_embedder import FakeEmbedder


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

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.settings import ApiSettings
from index.bundle import Bundle
from tests.api.fake_embedder import FakeEmbedder
from tests.api.promotable import Promotable, make_promotable
from tests.api.small_catalogue import make_bundle
from tests.engines.breakable_server import BreakableServer, breakable_server

Connect = Callable[[FastAPI], AbstractAsyncContextManager[httpx2.AsyncClient]]


@pytest.fixture(scope="session")
def catalogue_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("catalogue")


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundles")


@pytest.fixture(scope="session")
def bundle(catalogue_root: Path, bundles: Path) -> Bundle:
    # The drawn patterns have nothing in common, so that no end of resemblance can be measured.
    return replace(make_bundle(catalogue_root, bundles), resemblance_from=0.2)


@pytest.fixture(scope="session")
def promotable_once(tmp_path_factory: pytest.TempPathFactory) -> Promotable:
    """To copy from: a test promotes and spoils bundles of its own."""
    return make_promotable(tmp_path_factory.mktemp("pictures"), tmp_path_factory.mktemp("swapped"))


@pytest.fixture(scope="session")
def search_server() -> Iterator[BreakableServer]:
    """A PostgreSQL with pgvector; whoever breaks it mends it."""
    with breakable_server() as server:
        yield server


@pytest.fixture
def settings() -> ApiSettings:
    return ApiSettings(redis_url="redis://127.0.0.1:1/0")


@pytest.fixture
def embedder() -> FakeEmbedder:
    return FakeEmbedder()


@pytest.fixture
def app(settings: ApiSettings, bundle: Bundle, embedder: FakeEmbedder) -> FastAPI:
    return create_app(settings, bundle, embedder)


@contextlib.asynccontextmanager
async def connected(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app=app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://lookalike.test") as client:
            yield client


@pytest.fixture
def connect() -> Connect:
    """Connects a client to an application of the test's own."""
    return connected


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with connected(app) as client:
        yield client

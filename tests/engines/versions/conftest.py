"""A real PostgreSQL as a search engine, and a folder with two versions."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engines.engine import Engine
from engines.opening import open_engine
from tests.catalogue.postgresql_server import PostgresqlServer
from tests.index.version_folders import add_version, shop


@pytest.fixture(scope="session")
def with_vectors(search_server: PostgresqlServer) -> str:
    """A database with pgvector, to copy."""
    name = search_server.make_database()
    search_server.run("CREATE EXTENSION vector", database=name)
    return name


@pytest.fixture
def database(search_server: PostgresqlServer, with_vectors: str) -> Iterator[str]:
    name = search_server.make_database(with_vectors)
    yield name
    search_server.drop_database(name)


@pytest.fixture
def url(search_server: PostgresqlServer, database: str) -> str:
    return search_server.url(database)


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    with closing(open_engine(url)) as engine:
        yield engine


@pytest.fixture(scope="session")
def versions_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    folder = tmp_path_factory.mktemp("versions") / "bundles"
    return folder, [add_version(folder, shop(60), 0), add_version(folder, shop(62, noise=0.06, seed=1), 1)]


@pytest.fixture
def versions(versions_once: tuple[Path, list[str]], tmp_path: Path) -> tuple[Path, str, str]:
    """A folder of bundles: the current one and a good candidate."""
    folder, (first, second) = versions_once
    return Path(shutil.copytree(folder, tmp_path / "bundles")), first, second

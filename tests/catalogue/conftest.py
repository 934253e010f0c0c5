import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from catalogue.live_catalogue import LiveCatalogue
from tests.catalogue.postgresql_server import PostgresqlServer, postgresql_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresqlServer]:
    with postgresql_server(tmp_path_factory.mktemp("postgresql") / "data") as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that was just made; making it takes longer than copying it."""
    file = tmp_path_factory.mktemp("template") / "catalogue.db"
    LiveCatalogue.open(f"sqlite:///{file}", create=True).close()
    return file


@pytest.fixture(scope="session")
def postgresql_template(server: PostgresqlServer) -> str:
    name = server.make_database()
    LiveCatalogue.open(server.url(name), create=True).close()
    return name


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'catalogue.db')}"


@pytest.fixture
def postgresql_url(server: PostgresqlServer, postgresql_template: str) -> str:
    return server.url(server.make_database(postgresql_template))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """An empty catalogue, in each kind of database."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def catalogue(url: str) -> Iterator[LiveCatalogue]:
    with closing(LiveCatalogue.open(url, create=False)) as catalogue:
        yield catalogue

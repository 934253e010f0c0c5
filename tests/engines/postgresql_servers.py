"""Real PostgreSQL servers with pgvector, and databases in them for bundles."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from engines.engine import Engine
from engines.opening import open_engine
from index.base_part import BasePart
from tests.catalogue.postgresql_server import PostgresqlServer
from tests.engines.contract.contents import Content

PATIENT_S = 60.0
"""Nothing fails because this machine is busy."""


@contextmanager
def search_database(server: PostgresqlServer) -> Iterator[str]:
    """The address of a new database with the extension."""
    name = server.make_database()
    try:
        server.run("CREATE EXTENSION vector", database=name)
        yield server.url(name)
    finally:
        server.drop_database(name)


@contextmanager
def loaded(servers: list[PostgresqlServer], content: Content, *, approximate: bool = False) -> Iterator[BasePart]:
    """A content as a version that these servers hold together."""
    with ExitStack() as stack:
        addresses = [stack.enter_context(search_database(server)) for server in servers]
        engine: Engine = stack.enter_context(closing(open_engine(" ".join(addresses), timeout_s=PATIENT_S)))
        bundle = content.bundle()
        engine.load(bundle, approximate=approximate)
        yield engine.open(bundle.version)

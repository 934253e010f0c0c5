"""The users of docs/search-engines.md, made by its own statements, and poolers."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from contracts.errors import EngineError
from engines.opening import open_engine
from tests.catalogue.pgbouncer import pgbouncer
from tests.catalogue.postgresql_server import PostgresqlServer
from tests.engines.contract.contents import Content, draw_content
from tests.engines.postgresql_servers import PATIENT_S

PAGE = Path(__file__).parents[2] / "docs" / "search-engines.md"


@pytest.fixture(scope="module")
def content() -> Content:
    return draw_content()


@pytest.fixture(scope="module")
def database(search_server: PostgresqlServer) -> Iterator[str]:
    """A database with the users and rights that the page tells to make."""
    name = search_server.make_database()
    (block,) = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    search_server.run(block, database=name)
    yield name
    search_server.drop_database(name)
    for user in ("lookalike_loader", "lookalike_searcher"):
        search_server.run(f"DROP ROLE {user}")


def test_one_loads_and_the_other_only_searches(
    search_server: PostgresqlServer, database: str, content: Content
) -> None:
    bundle = content.bundle()
    loader, searcher = (search_server.url(database, user=f"lookalike_{user}") for user in ("loader", "searcher"))
    with (
        closing(open_engine(loader, timeout_s=PATIENT_S)) as loading,
        closing(open_engine(searcher, timeout_s=PATIENT_S)) as searching,
    ):
        loading.load(bundle)
        part = searching.open(bundle.version)
        assert len(part.candidates((), ()).nearest(content.reduced[9], 5).numbers) == 5
        # Another version needs no grant of its own.
        later = content.bundle()
        loading.load(later, approximate=True)
        assert len(searching.open(later.version)) == len(part)
        with pytest.raises(EngineError, match="refuses this user a right"):
            searching.remove(bundle.version)
        with pytest.raises(EngineError, match="refuses this user a right"):
            searching.load(content.bundle())
        loading.remove(bundle.version)
        assert [held.version for held in searching.versions()] == [later.version]
        loading.remove(later.version)
    with psycopg.connect(searcher, autocommit=True) as connection:
        for statement in ("DELETE FROM lookalike_search.versions", "CREATE TABLE lookalike_search.x (y integer)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
        # A version that was removed has left nothing.
        found = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'lookalike_search'").fetchall()
        assert {name for (name,) in found} == {"layout", "versions"}


def test_a_pooler_is_named_and_nothing_is_left_in_its_sessions(search_server: PostgresqlServer) -> None:
    name = search_server.make_database()
    search_server.run("CREATE EXTENSION vector", database=name)
    with pgbouncer(search_server) as port:
        pooled = f"postgresql://postgres@127.0.0.1:{port}/{name}"
        refused = pytest.raises(EngineError, match="is behind a pooler, such as pgbouncer; name the server itself")
        with closing(open_engine(pooled, timeout_s=PATIENT_S)) as behind, refused:
            behind.versions()
        with psycopg.connect(pooled, prepare_threshold=None) as shared:
            assert shared.execute("SHOW default_transaction_read_only").fetchone() == ("off",)
    search_server.drop_database(name)

"""Addresses, users and databases that a search engine cannot be used with, and what is said about them."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from contracts.errors import EngineError, LookalikeError, SearchUnavailableError
from engines.engine import HeldVersion
from engines.opening import open_engine
from engines.postgresql.address import parse_postgresql_address
from index.bundle import Bundle
from tests.catalogue.postgresql_server import PostgresqlServer
from tests.engines.contract.contents import Content, draw_content
from tests.engines.postgresql_servers import PATIENT_S, search_database

SECRET = "s3cr#t/%"
ESCAPED = "s3cr%23t%2F%25"


@pytest.fixture(scope="module")
def content() -> Content:
    return draw_content()


@pytest.fixture(scope="module")
def bundle(content: Content) -> Bundle:
    return content.bundle()


@pytest.fixture(scope="module")
def loaded(search_server: PostgresqlServer, bundle: Bundle) -> Iterator[str]:
    with search_database(search_server) as address, closing(open_engine(address, timeout_s=PATIENT_S)) as engine:
        engine.load(bundle)
        yield address


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "no search engine is named"),
        ("mysql://a:b@host/db", "mysql|host/db is of no known kind; write postgresql://"),
        ("host/db", "of no known kind"),
        ("postgresql://user:secret@host", "names no database; append /DATABASE"),
        ("postgresql://user:se@cret@host/db", "host and password cannot be told apart; in a password, write"),
        ("postgresql://user:secret@host:port/db?bad=1", "cannot be read; write postgresql://"),
        ("postgresql://user:secret@host/db?sslmode", "cannot be read"),
        ("postgresql://user:sec%zzret@host/db", "cannot be read; .*write % as %25"),
    ],
)
def test_addresses_that_are_none(address: str, says: str) -> None:
    with pytest.raises(EngineError, match=says) as error:
        open_engine(address)
    assert "secret" not in str(error.value)
    assert "cret" not in str(error.value).replace("cret@host", "")


def test_an_address_is_shown_without_its_password() -> None:
    address = parse_postgresql_address(f"postgresql://user:{ESCAPED}@host:5/db?sslmode=require&sslpassword=other")
    assert address.parameters["sslmode"] == "require"
    assert (address.parameters["password"], address.secrets) == (SECRET, (SECRET, "other"))
    assert "host:5/db" in str(address)
    for text in (str(address), repr(address), str(open_engine(f"postgresql://user:{ESCAPED}@host/db"))):
        assert "s3cr" not in text
        assert "other" not in text
    assert address.said(psycopg.Error(f'\n invalid "{SECRET}" \nmore')) == 'invalid "***"'


@pytest.mark.parametrize(
    ("address", "kind", "says"),
    [
        (f"postgresql://user:{ESCAPED}@127.0.0.1:9/db", SearchUnavailableError, "cannot be reached .*; start it"),
        (f"postgresql://user:{ESCAPED}@no-such-host.invalid/db", SearchUnavailableError, "cannot be reached"),
        (f"postgresql://user:{ESCAPED}@127.0.0.1:9/db?sslmode=banana", LookalikeError, 'sslmode.*"banana"'),
        (f"postgresql://user:{ESCAPED}@127.0.0.1:9/db?connect_timeout=soon", EngineError, "connect_timeout"),
    ],
)
def test_servers_that_are_not_there(address: str, kind: type[LookalikeError], says: str) -> None:
    with closing(open_engine(address, timeout_s=1.0)) as engine:
        for ask in (engine.versions, lambda: engine.open("v"), lambda: engine.note_recall("v", 1.0)):
            with pytest.raises(kind, match=says) as error:
                ask()
            assert "s3cr" not in str(error.value)
            assert error.value.__cause__ is None


def test_a_database_that_does_not_exist(search_server: PostgresqlServer) -> None:
    with (
        closing(open_engine(search_server.url("nothing"), timeout_s=PATIENT_S)) as engine,
        pytest.raises(EngineError, match=r'"nothing" does not exist.*createdb'),
    ):
        engine.versions()


def test_a_user_whose_password_is_wrong(search_server: PostgresqlServer) -> None:
    search_server.run("CREATE ROLE careful LOGIN PASSWORD 'right'")
    hba = search_server.running.pgdata / "pg_hba.conf"
    before = hba.read_text()
    try:
        hba.write_text("local all careful scram-sha-256\n" + before)
        search_server.run("SELECT pg_reload_conf()")
        address = search_server.url("postgres", user="careful", password=ESCAPED)
        with closing(open_engine(address, timeout_s=PATIENT_S)) as engine:
            with pytest.raises(EngineError, match=r"refuses the user or password .*; correct them") as error:
                engine.versions()
            assert "s3cr" not in str(error.value)
    finally:
        hba.write_text(before)
        search_server.run("SELECT pg_reload_conf()")
        search_server.run("DROP ROLE careful")


def test_a_database_without_the_extension(search_server: PostgresqlServer, bundle: Bundle) -> None:
    name = search_server.make_database()
    with closing(open_engine(search_server.url(name), timeout_s=PATIENT_S)) as engine:
        for ask in (engine.versions, lambda: engine.load(bundle), lambda: engine.remove("v")):
            with pytest.raises(EngineError, match=r"no extension `vector`.*`CREATE EXTENSION vector`.*as a superuser"):
                ask()
    search_server.drop_database(name)


def test_an_old_extension(search_server: PostgresqlServer) -> None:
    with search_database(search_server) as address, closing(open_engine(address, timeout_s=PATIENT_S)) as engine:
        with psycopg.connect(address) as connection:
            connection.execute("UPDATE pg_extension SET extversion = '0.7.4' WHERE extname = 'vector'")
        with pytest.raises(EngineError, match=r"pgvector 0\.7\.4, and 0\.8 or later.*ALTER EXTENSION vector UPDATE"):
            engine.versions()


def test_an_extension_in_a_schema_of_its_own(search_server: PostgresqlServer, bundle: Bundle) -> None:
    name = search_server.make_database()
    address = search_server.url(name)
    with psycopg.connect(address) as connection:
        connection.execute('CREATE SCHEMA "Ext; --"')
        connection.execute('CREATE EXTENSION vector SCHEMA "Ext; --"')
    with closing(open_engine(address, timeout_s=PATIENT_S)) as engine:
        engine.load(bundle)
        part = engine.open(bundle.version)
        found = part.candidates((), ()).nearest(bundle.gallery.reduced(5), 3)
        assert found.numbers[0] == (bundle.numbers if bundle.numbers is not None else range(9))[5]
    search_server.drop_database(name)


def test_a_database_of_another_encoding(search_server: PostgresqlServer) -> None:
    search_server.run("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    search_server.run("CREATE EXTENSION vector", database="latin")
    with (
        closing(open_engine(search_server.url("latin"), timeout_s=PATIENT_S)) as engine,
        pytest.raises(EngineError, match="encoded in LATIN1; make one with `createdb --encoding=UTF8"),
    ):
        engine.versions()
    search_server.drop_database("latin")


def test_tables_of_another_layout(search_server: PostgresqlServer, bundle: Bundle) -> None:
    with search_database(search_server) as address, closing(open_engine(address, timeout_s=PATIENT_S)) as engine:
        assert engine.versions() == []
        engine.load(bundle)
        with psycopg.connect(address) as connection:
            connection.execute("UPDATE lookalike_search.layout SET number = 99")
        for ask in (engine.versions, lambda: engine.open(bundle.version), lambda: engine.load(bundle)):
            with pytest.raises(EngineError, match=r"tables of layout 99.*DROP SCHEMA lookalike_search CASCADE"):
                ask()


def test_a_description_that_cannot_be_read(search_server: PostgresqlServer, bundle: Bundle) -> None:
    with search_database(search_server) as address, closing(open_engine(address, timeout_s=PATIENT_S)) as engine:
        engine.load(bundle)
        for columns in ("[", '[{"name": "a"}]', '[{"kind": "ring"}]', "null"):
            with psycopg.connect(address) as connection:
                connection.execute("UPDATE lookalike_search.versions SET columns = %s", (columns,))
            with pytest.raises(EngineError, match=r"cannot be read .*; remove it there, and load it again"):
                engine.open(bundle.version)


def test_a_role_that_may_only_read(
    search_server: PostgresqlServer, loaded: str, bundle: Bundle, content: Content
) -> None:
    search_server.run("CREATE ROLE reader LOGIN")
    with psycopg.connect(loaded) as connection:
        connection.execute("GRANT USAGE ON SCHEMA lookalike_search TO reader")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA lookalike_search TO reader")
        database = connection.info.dbname
    with closing(open_engine(search_server.url(database, user="reader"), timeout_s=PATIENT_S)) as engine:
        part = engine.open(bundle.version)
        assert part.number(content.items[9].id) == content.numbers[9]
        assert len(part.candidates((), ()).nearest(content.reduced[9], 5).numbers) == 5
        refused: list[tuple[Callable[[], None], str]] = [
            (lambda: engine.load(content.bundle()), "permission denied for table versions"),
            (lambda: engine.note_recall(bundle.version, 0.5), "permission denied for table versions"),
            (lambda: engine.remove(bundle.version), "must be owner of table"),
        ]
        for ask, right in refused:
            with pytest.raises(EngineError, match=f"refuses this user a right .{right}.*docs/search-engines.md"):
                ask()
    assert [held.complete for held in engine_versions(loaded)] == [True]
    with psycopg.connect(loaded) as connection:
        connection.execute("DROP OWNED BY reader")
        connection.execute("DROP ROLE reader")


def test_a_role_that_may_not_make_a_schema(search_server: PostgresqlServer, bundle: Bundle) -> None:
    search_server.run("CREATE ROLE guest LOGIN")
    with search_database(search_server) as address:
        with psycopg.connect(address) as connection:
            guest = search_server.url(connection.info.dbname, user="guest")
        with (
            closing(open_engine(guest, timeout_s=PATIENT_S)) as engine,
            pytest.raises(EngineError, match=r"refuses this user a right .permission denied for database"),
        ):
            engine.load(bundle)
    search_server.run("DROP ROLE guest")


def test_what_a_search_connection_says_of_itself(loaded: str, bundle: Bundle) -> None:
    with closing(open_engine(loaded, timeout_s=PATIENT_S)) as engine, psycopg.connect(loaded) as watching:
        engine.open(bundle.version)
        rows = watching.execute(
            "SELECT application_name FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        ).fetchall()
        assert ("lookalike",) in rows
    with closing(open_engine(f"{loaded}&application_name=shop", timeout_s=PATIENT_S)) as engine:
        engine.versions()
        with psycopg.connect(loaded) as watching:
            rows = watching.execute("SELECT application_name FROM pg_stat_activity").fetchall()
        assert ("shop",) in rows


def engine_versions(address: str) -> list[HeldVersion]:
    with closing(open_engine(address, timeout_s=PATIENT_S)) as engine:
        return list(engine.versions())


def test_a_socket_in_a_folder_that_is_not_there() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(open_engine(f"postgresql://user:{ESCAPED}@/db?host={Path(folder)}", timeout_s=1.0)) as engine,
        pytest.raises(SearchUnavailableError, match="cannot be reached") as error,
    ):
        engine.versions()
    assert "s3cr" not in str(error.value)

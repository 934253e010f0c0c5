"""Databases that cannot be used: each gets a sentence, without a password, and nothing is half done."""

import os
import socket
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect

from catalogue import schema
from catalogue.database import Database
from catalogue.database_url import parse_database_url
from catalogue.items import Patch
from catalogue.live_catalogue import LiveCatalogue
from catalogue.tables import METADATA
from contracts.errors import DatabaseError, DatabaseUnavailableError, LookalikeError
from tests.catalogue.made_items import put
from tests.catalogue.postgresql_server import PostgresqlServer
from tests.full_disk import files_of_at_most

NOBODY = 65534


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "sqlite:////folder/catalogue.db or postgresql://"),
        ("catalogue.db", "cannot be read"),
        ("mysql://u:geheim@h/db", "neither SQLite nor PostgreSQL"),
        ("postgresql+asyncpg://u:geheim@h/db", "neither SQLite nor PostgreSQL"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///file:x?mode=memory", "names no file"),
        ("sqlite:////tmp/x?mode=ro", "a path alone"),
        ("postgresql://u:geheim@h:5432", "names no database"),
        ("postgresql://u:geheim@h:5432/", "names no database"),
        ("postgresql://u:ge@heim@h/db", "cannot be told apart"),
        ("postgresql://u:geheim@h:port/db", "cannot be read"),
    ],
)
def test_addresses_that_name_no_database(url: str, says: str) -> None:
    with pytest.raises(DatabaseError) as refused:
        LiveCatalogue.open(url, create=True)
    assert says in str(refused.value)
    for part in ("geheim", "heim", "ge@"):
        assert part not in str(refused.value)


def test_options_of_postgresql_are_passed_on(server: PostgresqlServer) -> None:
    where = parse_database_url("postgres://u:geheim@h/db?sslmode=verify-full&sslrootcert=/ca.pem")
    assert dict(where.url.query) == {"sslmode": "verify-full", "sslrootcert": "/ca.pem"}
    assert "geheim" not in repr(where)
    for option, says in (("sslmode=never", "sslmode"), ("colour=red", "colour")):
        url = f"{server.url('postgres', password='geheim')}&{option}"
        with closing(LiveCatalogue(Database(url, create=False))) as catalogue:
            with pytest.raises(LookalikeError, match=says) as refused:
                catalogue.sequence()
            assert "geheim" not in str(refused.value)


def test_a_database_is_made_with_its_folder_and_for_this_user_only(tmp_path: Path) -> None:
    file = tmp_path / "a folder" / "100% catalogue.db"
    with closing(LiveCatalogue.open(f"sqlite:///{file}", create=True)) as catalogue:
        catalogue.write(put("a"))
        assert {path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {0o600}
        identity = catalogue.identity
    with closing(LiveCatalogue.open(f"sqlite:///{file}", create=True)) as catalogue:
        assert (catalogue.sequence(), catalogue.identity) == (1, identity)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_without_create_nothing_is_made_and_the_database_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    for name, says in (
        ("none.db", "there is no database"),
        ("none/none.db", "there is no database"),
        ("empty.db", "holds no catalogue yet"),
    ):
        url = f"sqlite:///{tmp_path}/{name}"
        with closing(LiveCatalogue.open(url, create=False)) as catalogue:
            with pytest.raises(DatabaseUnavailableError, match=says):
                catalogue.sequence()
            assert [path.name for path in tmp_path.iterdir() if path.suffix == ".db"] == ["empty.db"]
            LiveCatalogue.open(url, create=True).close()
            assert catalogue.sequence() == 0
        (tmp_path / name).unlink()
        (tmp_path / "empty.db").touch()


def test_files_that_are_no_database(tmp_path: Path) -> None:
    (tmp_path / "picture.jpg").write_bytes(b"\xff\xd8\xff" * 2_000)
    (tmp_path / "forged.db").write_bytes(b"SQLite format 3\x00" + bytes(range(256)) * 40)
    os.mkfifo(tmp_path / "pipe")
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as foreign, foreign:
        foreign.execute("CREATE TABLE items (id TEXT)")
    before = (tmp_path / "foreign.db").read_bytes()
    for name, says in (
        ("picture.jpg", "is no SQLite database"),
        ("forged.db", "forged.db"),
        ("pipe", "no regular file"),
        ("", "names no file"),
        (".", "is a folder"),
        ("foreign.db", "tables of another program, such as items"),
        ("picture.jpg/catalogue.db", "is no folder"),
    ):
        with pytest.raises(DatabaseError, match=says):
            LiveCatalogue.open(f"sqlite:///{tmp_path}/{name}", create=True)
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as foreign:
        assert foreign.execute("SELECT name FROM sqlite_master").fetchall() == [("items",)]
    assert len(before) == (tmp_path / "foreign.db").stat().st_size


def set_revision(url: str, revision: str) -> None:
    database = Database(url, create=False)
    with closing(database), database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE {schema.VERSION_TABLE} SET version_num = '{revision}'")


@pytest.mark.parametrize("create", [True, False])
def test_a_newer_schema_is_left_alone(url: str, create: bool) -> None:
    set_revision(url, "9999")
    with pytest.raises(DatabaseError, match=r"schema 9999, which .* does not know; install the version"):
        LiveCatalogue.open(url, create=create)


def test_an_older_schema_waits_for_the_importer(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = schema.REVISIONS[-1]
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "newer"))
    with closing(LiveCatalogue.open(url, create=False)) as catalogue:
        says = rf"schema {now}.* needs newer; make a backup and start the importer"
        with pytest.raises(DatabaseUnavailableError, match=says):
            catalogue.sequence()
        monkeypatch.undo()
        assert catalogue.sequence() == 0


def test_migrations_make_the_tables_that_the_code_names(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(schema._MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert tuple(reversed([step.revision for step in ScriptDirectory.from_config(config).walk_revisions()])) == (
        schema.REVISIONS
    )
    database = Database(url, create=False)
    with closing(database), database.reading() as connection:
        found = inspect(connection)
        assert set(found.get_table_names()) == {*METADATA.tables, schema.VERSION_TABLE}
        for table in METADATA.tables.values():
            columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
            assert columns == {column.name: bool(column.nullable) for column in table.columns}
            made = {str(index["name"]) for index in found.get_indexes(table.name)}
            assert {str(index.name) for index in table.indexes} <= made


def test_several_processes_may_make_a_database_at_once(server: PostgresqlServer, tmp_path: Path) -> None:
    for url in (f"sqlite:///{tmp_path}/new.db", server.url(server.make_database())):
        found: list[str] = []

        def make(url: str = url, found: list[str] = found) -> None:
            with closing(LiveCatalogue.open(url, create=True)) as catalogue:
                found.append(catalogue.identity)

        threads = [threading.Thread(target=make) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 3
        assert len(set(found)) == 1


def test_a_full_disk_changes_nothing(sqlite_url: str) -> None:
    with closing(LiveCatalogue.open(sqlite_url, create=False)) as catalogue:
        catalogue.write(put("a"))
        size = Path(sqlite_url.removeprefix("sqlite:///") + "-wal").stat().st_size
        with files_of_at_most(size), pytest.raises(DatabaseUnavailableError):
            catalogue.write(put("b", 2))
        assert (catalogue.sequence(), catalogue.item("b")) == (1, None)
        assert catalogue.write(put("b", 2)).sequence == 2


@pytest.fixture
def folder_of_another_user() -> Iterator[Path]:
    """An empty folder, and a user without root's right to write everywhere."""
    with tempfile.TemporaryDirectory(prefix="lookalike-rights-") as folder:
        root = os.geteuid() == 0
        if root:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
        try:
            yield Path(folder)
        finally:
            if root:
                os.seteuid(0)
            Path(folder).chmod(0o700)


def test_missing_rights(folder_of_another_user: Path) -> None:
    folder = folder_of_another_user
    file = folder / "catalogue.db"
    LiveCatalogue.open(f"sqlite:///{file}", create=True).close()
    file.chmod(0o000)
    with closing(LiveCatalogue.open(f"sqlite:///{file}", create=False)) as catalogue:
        with pytest.raises(DatabaseUnavailableError, match="let this user read and write it"):
            catalogue.sequence()
        file.chmod(0o600)
        assert catalogue.sequence() == 0
    file.chmod(0o400)
    with closing(LiveCatalogue.open(f"sqlite:///{file}", create=False)) as catalogue:
        with pytest.raises(DatabaseUnavailableError, match=r"let this user write the file, those beside it"):
            catalogue.write(put("a"))
        # SQLite gives the files beside it the same rights.
        for beside in folder.iterdir():
            beside.chmod(0o600)
        assert catalogue.write(put("a")).changed
    folder.chmod(0o500)
    with pytest.raises(DatabaseError, match="cannot be made"):
        LiveCatalogue.open(f"sqlite:///{folder}/new/catalogue.db", create=True)


def test_a_role_that_may_only_read(server: PostgresqlServer, postgresql_template: str) -> None:
    name = server.make_database(postgresql_template)
    server.run(
        "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
        database=name,
    )
    try:
        with closing(LiveCatalogue.open(server.url(name, user="reader", password="geheim"), create=False)) as catalogue:
            assert catalogue.sequence() == 0
            with pytest.raises(DatabaseUnavailableError, match="refuses this user a right") as refused:
                catalogue.write(put("a"))
            assert "geheim" not in str(refused.value)
    finally:
        server.run("DROP OWNED BY reader; DROP ROLE reader", database=name)


def test_a_role_or_database_that_does_not_exist(server: PostgresqlServer) -> None:
    for url in (server.url("nowhere", password="geheim"), server.url("postgres", user="nobody", password="geheim")):
        with closing(LiveCatalogue.open(url, create=True)) as catalogue:
            with pytest.raises(DatabaseUnavailableError, match="does not exist") as refused:
                catalogue.sequence()
            assert "geheim" not in str(refused.value)


def test_a_server_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://u:geheim@127.0.0.1:{silent.getsockname()[1]}/db?connect_timeout=2"
        with closing(LiveCatalogue(Database(url, create=False))) as catalogue:
            with pytest.raises(DatabaseUnavailableError) as refused:
                catalogue.sequence()
            assert "geheim" not in str(refused.value)


def test_a_database_that_stores_other_text(server: PostgresqlServer) -> None:
    name = server.make_database("template0", options="ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'")
    with pytest.raises(DatabaseError, match="stores text as LATIN1"):
        LiveCatalogue.open(server.url(name), create=True)


def test_a_statement_that_takes_too_long_ends(postgresql_url: str) -> None:
    database = Database(postgresql_url, create=False)
    with closing(database):
        with database.reading() as connection:
            limits = [
                connection.exec_driver_sql(f"SHOW {name}").scalar_one()
                for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
            ]
        assert limits == ["1min", "10s", "1min"]
        with pytest.raises(DatabaseUnavailableError, match="took too long"), database.reading() as connection:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 5; SELECT pg_sleep(5)")


def test_all_connections_in_use(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_CONNECTIONS", 1), ("_MORE_CONNECTIONS", 0), ("_POOL_TIMEOUT_S", 0.01)):
        monkeypatch.setattr(f"catalogue.engines.{name}", value)
    database = Database(url, create=False)
    with closing(database):
        with database.reading(), pytest.raises(DatabaseUnavailableError, match="all connections"), database.reading():
            pass
        with database.reading():
            pass


def test_rows_that_others_have_written(url: str) -> None:
    with closing(LiveCatalogue.open(url, create=False)) as catalogue:
        catalogue.write(put("a"))
        database = Database(url, create=False)
        for change in ("attributes = '[1]'", "attributes = '{'", "attributes = '{\"a\": 1}'", "crop = '1,2'"):
            with database.writing() as connection:
                connection.exec_driver_sql(f"UPDATE items SET {change}")
            with pytest.raises(DatabaseError, match="'a' was not written by Lookalike"):
                catalogue.write(Patch("a", {}))
        database.close()


def test_a_damaged_database(sqlite_url: str, tmp_path: Path) -> None:
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    content = bytearray(file.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(DatabaseError, match="restore it from a backup"):
        LiveCatalogue.open(sqlite_url, create=False)

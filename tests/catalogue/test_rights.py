"""The users of docs/live-catalogue.md, made by its own statements: each may do its work and nothing else."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from catalogue.import_records import ImportBatch, RowChange
from catalogue.items import Delete, Patch
from catalogue.live_catalogue import LiveCatalogue
from checks.database import check_database
from contracts.errors import DatabaseUnavailableError
from tests.catalogue.made_items import MODEL, put
from tests.catalogue.postgresql_server import PostgresqlServer
from tests.catalogue.test_imports import create

PAGE = Path(__file__).parents[2] / "docs" / "live-catalogue.md"
USERS = ("lookalike_importer", "lookalike_api", "lookalike_reader")
DATABASE = "lookalike"


def statements() -> list[list[str]]:
    """The statements of each block of SQL."""
    blocks = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [[statement.strip() for statement in block.split(";") if statement.strip()] for block in blocks]


def address(server: PostgresqlServer, user: str) -> str:
    return server.url(DATABASE, user=f"lookalike_{user}", password="geheim")


@pytest.fixture(scope="module")
def prepared(server: PostgresqlServer) -> Iterator[PostgresqlServer]:
    by_superuser, by_importer = statements()
    for statement in by_superuser:
        server.run(statement)
    with closing(LiveCatalogue.open(address(server, "importer"), create=True)) as catalogue:
        catalogue.write(put("there"))
    with psycopg.connect(address(server, "importer"), autocommit=True) as connection:
        for statement in by_importer:
            connection.execute(statement.encode())
    yield server
    server.drop_database(DATABASE)
    for user in USERS:
        server.run(f"DROP ROLE {user}")


def test_the_api_changes_items_and_queues_imports(prepared: PostgresqlServer) -> None:
    with closing(LiveCatalogue.open(address(prepared, "api"), create=False)) as catalogue:
        catalogue.write(put("a", 1, {"new name": "x"}))
        catalogue.write(Patch("a", {"another": "y"}))
        catalogue.write(Delete("a"))
        catalogue.write(put("b", 1))
        record = create(catalogue, "key")
        assert catalogue.imports.get(record.id) == record
        assert catalogue.imports.errors(record.id, limit=10, offset=0) == ([], 0)
        assert {item.id for item in catalogue.all_items(MODEL)} >= {"b", "there"}
        assert catalogue.state().items >= 2
        assert catalogue.changes(after=0, model=MODEL).items
        with pytest.raises(DatabaseUnavailableError, match="refuses this user a right"):
            catalogue.purge(up_to=catalogue.sequence())


def test_the_importer_does_all_of_its_work(prepared: PostgresqlServer) -> None:
    with closing(LiveCatalogue.open(address(prepared, "importer"), create=True)) as catalogue:
        create(catalogue)
        while (claimed := catalogue.imports.claim("me", lease_s=60)) is not None:
            batch = ImportBatch(1, 1, [RowChange(1, put(f"row {claimed.id}", 5))], [f"row {claimed.id}"])
            assert catalogue.imports.commit(claimed.id, "me", batch).created == 1
            catalogue.imports.finish(claimed.id, "me", "succeeded", None)
        catalogue.write(Delete("there"))
        assert catalogue.purge(up_to=catalogue.sequence()) >= 1
        catalogue.write(put("there"))


def test_a_reader_reads(prepared: PostgresqlServer) -> None:
    with closing(LiveCatalogue.open(address(prepared, "reader"), create=False)) as catalogue:
        assert catalogue.item("there") is not None
        assert catalogue.state().items >= 1
        assert list(catalogue.all_items(MODEL))
        for work in (lambda: catalogue.write(put("c")), lambda: create(catalogue)):
            with pytest.raises(DatabaseUnavailableError, match=r"refuses this user a right .*docs/live-catalogue\.md"):
                work()


@pytest.mark.parametrize(
    ("user", "statement"),
    [
        ("api", "DELETE FROM items"),
        ("api", "TRUNCATE items"),
        ("api", "DELETE FROM embeddings"),
        ("api", "UPDATE embeddings SET vector = ''"),
        ("api", "UPDATE imports SET status = 'failed'"),
        ("api", "DELETE FROM head"),
        ("api", "ALTER TABLE items ADD COLUMN x text"),
        ("api", "DROP TABLE items"),
        ("api", "UPDATE lookalike_schema SET version_num = '0'"),
        ("api", "COPY items TO PROGRAM 'cat'"),
        ("api", "SET ROLE lookalike_importer"),
        ("reader", "UPDATE items SET image = ''"),
        ("reader", "INSERT INTO columns VALUES ('x')"),
        ("reader", "SELECT * FROM head FOR UPDATE"),
        ("reader", "SELECT pg_read_file('/etc/passwd')"),
        ("importer", "CREATE ROLE another"),
        ("importer", "COPY items TO PROGRAM 'cat'"),
        ("importer", "SELECT pg_read_file('/etc/passwd')"),
        ("importer", "ALTER SYSTEM SET fsync = on"),
    ],
)
def test_what_a_user_may_not_do(prepared: PostgresqlServer, user: str, statement: str) -> None:
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
    with psycopg.connect(address(prepared, user), autocommit=True) as connection, refused:
        connection.execute(statement.encode())


def test_others_cannot_even_connect(prepared: PostgresqlServer) -> None:
    prepared.run("CREATE ROLE stranger LOGIN")
    try:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(prepared.url(DATABASE, user="stranger"))
    finally:
        prepared.run("DROP ROLE stranger")


def test_the_check_names_a_user_with_too_many_rights(prepared: PostgresqlServer) -> None:
    finding = check_database(address(prepared, "reader"))
    assert (finding.state, finding.mend) == ("ok", "")
    finding = check_database(prepared.url(DATABASE))
    assert finding.state == "note"
    assert finding.says.endswith("and its user is a superuser, who may read every file of the server")
    assert finding.mend == "make the users of docs/live-catalogue.md, and name one of them"

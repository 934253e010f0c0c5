"""A database of the first schema, with items in it, is brought up to date with all that it holds."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from catalogue import schema
from catalogue.database_url import parse_database_url
from catalogue.engines import open_engine
from catalogue.items import Patch
from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import DatabaseError, DatabaseUnavailableError
from tests.catalogue.made_items import MODEL, content, embedding, put
from tests.catalogue.postgresql_server import PostgresqlServer, postgresql_server


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    with postgresql_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def first(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database as the first version with one made it."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/catalogue.db"
        sqlite3.connect(tmp_path / "catalogue.db").close()
    else:
        server: PostgresqlServer = request.getfixturevalue("server")
        url = server.url(server.make_database("template0"))
    engine = open_engine(parse_database_url(url))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(schema._MIGRATIONS))
        config.set_main_option("path_separator", "os")
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for number in range(3):
            connection.execute(
                text(
                    "INSERT INTO items (id, number, version, sequence, deleted, image, crop, content, attributes) "
                    "VALUES (:id, :number, 1, :sequence, :deleted, :image, :crop, :content, :attributes)"
                ),
                {
                    "id": f"item {number}",
                    "number": number,
                    "sequence": number + 1,
                    "deleted": number == 2,
                    "image": f"sha256:{content(number).hex()}",
                    "crop": "1,2,30,40" if number else None,
                    "content": content(number),
                    "attributes": json.dumps({"colour": "Größe: L"}),
                },
            )
            connection.execute(
                text("INSERT INTO embeddings (content, model, vector) VALUES (:content, :model, :vector)"),
                {"content": content(number), "model": MODEL, "vector": embedding(number).tobytes()},
            )
        connection.execute(text("UPDATE head SET sequence = 3, next_number = 3"))
    engine.dispose()
    return url


def test_it_is_brought_up_to_date_with_its_items(first: str) -> None:
    with closing(LiveCatalogue.open(first, create=False)) as waiting:
        with pytest.raises(DatabaseUnavailableError, match=r"has schema 0001, and this version .* needs 0002"):
            waiting.sequence()
        with closing(LiveCatalogue.open(first, create=True)) as catalogue:
            items = {item.id: item for item in catalogue.all_items(MODEL)}
            assert list(items) == ["item 0", "item 1"]
            for number, changed in enumerate(items.values()):
                assert changed.embedding is not None
                assert changed.embedding.tobytes() == embedding(number).tobytes()
            stored = catalogue.item("item 1")
            assert stored is not None
            assert (stored.crop, stored.attributes, stored.sequence) == ((1, 2, 30, 40), {"colour": "Größe: L"}, 2)
            assert catalogue.state().schema == schema.REVISIONS[-1]
            # It goes on from there.
            assert catalogue.write(Patch("item 1", {"colour": "Red"})).sequence == 4
            assert catalogue.write(put("item 2", 2)).item.number == 3
        # Whoever waited for it needs no restart.
        assert waiting.sequence() == 5


def test_an_update_that_fails_leaves_the_older_schema(
    first: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "migrations"
    shutil.copytree(schema._MIGRATIONS, broken)
    (broken / "versions" / "revision_0003.py").write_text(
        "from alembic import op\nrevision, down_revision, branch_labels, depends_on = '0003', '0002', None, None\n"
        "def upgrade():\n    op.execute('CREATE TABLE half_done (x integer)')\n    op.execute('SELECT broken')\n"
    )
    with monkeypatch.context() as patch:
        patch.setattr(schema, "_MIGRATIONS", broken)
        patch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "0003"))
        with pytest.raises(DatabaseError, match="cannot be used"):
            LiveCatalogue.open(first, create=True)
        refused = pytest.raises(DatabaseUnavailableError, match="has schema 0001")
        with closing(LiveCatalogue.open(first, create=False)) as catalogue, refused:
            catalogue.sequence()
    with closing(LiveCatalogue.open(first, create=True)) as catalogue:
        assert catalogue.sequence() == 3

"""`lookalike check` on the database of the live catalogue: each state gets one line, without a password."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from catalogue.live_catalogue import LiveCatalogue
from catalogue.schema import REVISIONS
from checks.database import check_database
from checks.settings import check_settings
from tests.catalogue.made_items import put
from tests.free_port import free_port


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("database") / "catalogue.db"
    with closing(LiveCatalogue.open(f"sqlite:///{file}", create=True)) as catalogue:
        catalogue.write(put("a"))
    return file


def test_without_one_nothing_is_wrong() -> None:
    finding = check_database(None)
    assert finding.state == "ok"
    assert "LOOKALIKE_DATABASE_URL is not set" in finding.says


def test_one_that_answers(file: Path) -> None:
    finding = check_database(f"sqlite:///{file}")
    assert finding.state == "ok"
    assert finding.says.startswith(
        f"sqlite:///{file} answers: schema {REVISIONS[-1]}, change 1, 1 items, 0 deleted ones, "
    )


def test_one_that_is_not_there(tmp_path: Path) -> None:
    finding = check_database(f"sqlite:///{tmp_path}/none.db")
    assert (finding.state, finding.says) == ("problem", f"there is no database {tmp_path}/none.db")
    assert "importer makes it" in finding.mend
    assert list(tmp_path.iterdir()) == []


def test_one_that_cannot_be_reached() -> None:
    address = f"127.0.0.1:{free_port()}/shop"
    finding = check_database(f"postgresql://me:geheim@{address}")
    assert finding.state == "problem"
    assert f"postgresql://{address} cannot be reached" in finding.says
    assert "start it" in finding.mend
    assert "geheim" not in finding.says + finding.mend


def test_one_of_a_newer_version(file: Path, tmp_path: Path) -> None:
    newer = tmp_path / "newer.db"
    newer.write_bytes(file.read_bytes())
    with closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("UPDATE lookalike_schema SET version_num = '0999'")
    finding = check_database(f"sqlite:///{newer}")
    assert finding.state == "problem"
    assert "schema 0999" in finding.says
    assert finding.mend == "install the version that made it, or a newer one"


def test_it_is_found_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOOKALIKE_DATABASE_URL", raising=False)
    assert check_settings().database_url is None
    monkeypatch.setenv("LOOKALIKE_DATABASE_URL", "sqlite:///catalogue.db")
    assert check_settings().database_url == "sqlite:///catalogue.db"

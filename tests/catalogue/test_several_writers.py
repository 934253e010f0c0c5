"""Several processes and connections at once: no change is lost, none is seen half."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from catalogue.column_names import ColumnNames
from catalogue.database import Database
from catalogue.item_writer import ItemWriter
from catalogue.items import Patch
from catalogue.live_catalogue import LiveCatalogue
from contracts.errors import DatabaseUnavailableError
from tests.catalogue.made_items import MODEL, put
from tests.catalogue.postgresql_server import PostgresqlServer

REPOSITORY = Path(__file__).parents[2]
WRITER = """
import sys
from catalogue.items import Patch
from catalogue.live_catalogue import LiveCatalogue
from tests.catalogue.made_items import put
url, name, writes = sys.argv[1], sys.argv[2], int(sys.argv[3])
catalogue = LiveCatalogue.open(url, create=True)
catalogue.write(put(name))
for number in range(writes):
    written = catalogue.write(Patch(name, {"price": str(number)}))
    print(written.sequence, number, flush=True)
"""


def start_writer(url: str, name: str, writes: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", WRITER, url, name, str(writes)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    return subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True)


def test_two_interleaved_transactions_lose_no_change(postgresql_url: str) -> None:
    """The second to begin must not commit under a higher number before the first one is visible."""
    with closing(LiveCatalogue.open(postgresql_url, create=False)) as catalogue:
        catalogue.write(put("a"))
        catalogue.write(put("b"))
        polled = catalogue.sequence()
        first = Database(postgresql_url, create=False)
        second = threading.Thread(target=lambda: catalogue.write(Patch("b", {"price": "2"})))
        with closing(first), first.writing() as connection:
            writer = ItemWriter(connection, ColumnNames())
            writer.apply(Patch("a", {"price": "1"}))
            writer.finish()
            second.start()
            # Wait until the second one waits for the first, or has gone past it.
            with psycopg.connect(postgresql_url, autocommit=True) as observer:
                waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                while second.is_alive() and observer.execute(waiting).fetchone() == (0,):
                    second.join(0.005)
            seen = catalogue.changes(after=polled, model=MODEL)
            ids = [item.id for item in seen.items]
            polled = seen.sequence
        second.join()
        ids += [item.id for item in catalogue.changes(after=polled, model=MODEL).items]
        assert sorted(ids) == ["a", "b"]


@pytest.mark.services
def test_two_processes_write_to_one_database(url: str) -> None:
    writers = [start_writer(url, name, 200) for name in ("a", "b")]
    sequences: list[int] = []
    with closing(LiveCatalogue.open(url, create=False)) as catalogue:
        found: dict[str, int] = {}
        after = 0
        while any(writer.poll() is None for writer in writers):
            changes = catalogue.changes(after=after, model=MODEL)
            # Nothing comes later with a number that was passed already.
            assert all(after < item.sequence <= changes.sequence for item in changes.items)
            found.update((item.id, item.sequence) for item in changes.items)
            after = changes.sequence
            time.sleep(0.02)
        for writer in writers:
            output = writer.communicate()[0]
            assert writer.returncode == 0
            sequences += [int(line.split()[0]) for line in output.splitlines()]
        assert len(sequences) == len(set(sequences)) == 400
        assert catalogue.sequence() == 402
        for name in ("a", "b"):
            item = catalogue.item(name)
            assert item is not None
            assert (item.version, item.attributes["price"]) == (201, "199")


@pytest.mark.services
def test_what_was_answered_survives_a_kill(url: str) -> None:
    writer = start_writer(url, "a", 100_000)
    assert writer.stdout is not None
    for _ in range(30):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    answered = writer.communicate()[0].splitlines()
    sequence, number = (int(word) for word in answered[-1].split()) if answered else (31, 29)
    with closing(LiveCatalogue.open(url, create=False)) as catalogue:
        item = catalogue.item("a")
        assert item is not None
        # The one that was under way may be there too, whole.
        assert item.sequence - sequence in {0, 1}
        assert int(item.attributes["price"]) - number == item.sequence - sequence
        assert catalogue.sequence() == item.sequence == item.version
        assert catalogue.write(Patch("a", {"price": "after"})).changed


def test_threads_share_a_catalogue(catalogue: LiveCatalogue) -> None:
    catalogue.write(put("a"))
    failed: list[BaseException] = []

    def write(thread: int) -> None:
        try:
            for number in range(10):
                catalogue.write(Patch("a", {f"thread {thread}": str(number)}))
                catalogue.sequence()
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    item = catalogue.item("a")
    assert item is not None
    assert (item.version, len(item.attributes)) == (81, 9)


def test_a_writer_that_holds_the_database_is_waited_for_only_so_long(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogue.engines.BUSY_TIMEOUT_S", 0.05)
    holder, waiting = Database(url, create=False), LiveCatalogue.open(url, create=False)
    with closing(holder), closing(waiting):
        with holder.writing() as connection:
            ItemWriter(connection, ColumnNames()).apply(put("a"))
            with pytest.raises(DatabaseUnavailableError, match="written by another process for too long"):
                waiting.write(put("b"))
            assert waiting.sequence() == 0
        assert waiting.write(put("b")).sequence == 1


def test_a_database_that_is_away_comes_back(server: PostgresqlServer, postgresql_template: str) -> None:
    name = server.make_database(postgresql_template)
    with closing(LiveCatalogue.open(server.url(name), create=False)) as catalogue:
        catalogue.write(put("a"))
        server.take_away(name)
        for use in (catalogue.sequence, lambda: catalogue.write(put("b")), lambda: catalogue.item("a")):
            with pytest.raises(DatabaseUnavailableError):
                use()
        with closing(LiveCatalogue.open(server.url(name), create=False)) as opened_meanwhile:
            server.give_back(name)
            assert opened_meanwhile.sequence() == 1
        assert catalogue.write(put("b")).sequence == 2

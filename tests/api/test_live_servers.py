"""Real API processes with one database: what was answered is durable, visible, and mixed with nothing else."""

import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import statistics
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from catalogue.items import Put
from catalogue.live_catalogue import LiveCatalogue
from index.bundle import Bundle, open_current
from index.compaction import compact, make_current
from tests.api.fake_embedder import embed_pixels
from tests.api.live_catalogue import make_database
from tests.api.multipart import MULTIPART_HEADERS, multipart
from tests.api.real_server import Server, running
from tests.api.small_catalogue import draw, encode
from tests.served_elsewhere import asked_for

pytestmark = pytest.mark.services

WRITERS = 4
READERS = 2
CHANGES_OF_EACH = 25
SWAPS = 3
PICTURE = encode(draw(700), "PNG")


@dataclass(frozen=True)
class Shop:
    """Two processes over the same folders and database."""

    servers: tuple[Server, Server]
    folder: Path
    url: str

    @property
    def bundles(self) -> Path:
        return self.folder / "bundles"


@pytest.fixture(scope="module")
def shop(bundle: Bundle, bundles: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("live")
    shutil.copytree(bundles, folder / "bundles")
    url = make_database(folder / "catalogue.db", bundle)
    with contextlib.closing(LiveCatalogue.open(url, create=False)) as catalogue:
        # So that this picture needs no worker.
        from api.live.writing import content_of

        known = Put(
            "known", "sha256:" + "0" * 64, None, content_of(PICTURE), {}, embed_pixels(draw(700)), bundle.model.version
        )
        catalogue.write(known)
    settings = {"LOOKALIKE_DATABASE_URL": url, "LOOKALIKE_MAX_CONNECTIONS": "60"}
    with running(folder / "bundles", **settings) as one, running(folder / "bundles", **settings) as other:
        yield Shop((one, other), folder, url)


class Client:
    """One connection to one server."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, Any]]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, body, sent)
        response = self._connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else {}

    def patch(self, item_id: str, **attributes: Any) -> tuple[int, dict[str, Any]]:
        body = json.dumps(attributes).encode()
        return self.ask("PATCH", f"/items/{item_id}", body, Content_Type="application/merge-patch+json")

    def put(self, item_id: str, **attributes: Any) -> tuple[int, dict[str, Any]]:
        body = multipart([("image", "a.png", PICTURE), ("item", None, json.dumps(attributes).encode())])
        return self.ask("PUT", f"/items/{item_id}", body, Content_Type=MULTIPART_HEADERS["Content-Type"])

    def close(self) -> None:
        self._connection.close()


@dataclass
class Log:
    """What happened, from all threads.

    Attributes:
        truth: sequence number, id, and the mark that it has from then on; changes made together share a number.
        seen: sequence number -> marks of a listing at that sequence.
        wrong: what must not be.
        late_s: how long after its answer a change was visible in the other process.
    """

    truth: list[tuple[int, str, str | None]] = field(default_factory=list)
    seen: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)


def write(shop: Shop, number: int, log: Log) -> None:
    """Change items of its own, over one server, and look at once whether the change is there."""
    client, other = (Client(shop.servers[(number + turn) % 2]) for turn in (0, 1))
    chance = random.Random(number)
    there: set[str] = set()
    for change in range(CHANGES_OF_EACH):
        item_id, mark = f"w{number}-{chance.randrange(4)}", f"{number}.{change}"
        if item_id not in there:
            status, answer = client.put(item_id, mark=mark)
            there.add(item_id)
        elif chance.random() < 0.3:
            status, answer = client.ask("DELETE", f"/items/{item_id}")
            there.discard(item_id)
        else:
            status, answer = client.patch(item_id, mark=mark)
        if status not in {200, 201, 204}:
            log.wrong.append(f"{item_id}: {status} {answer}")
            continue
        status, shown = client.ask("GET", f"/items/{item_id}")
        if (status == 404) != (item_id not in there) or (status == 200 and shown["attributes"]["mark"] != mark):
            log.wrong.append(f"{item_id} is not visible at once: {status} {shown}")
        if answer:
            log.truth.append((answer["sequence"], item_id, mark))
            begun = time.monotonic()
            while other.ask("GET", "/items?limit=1")[1]["index"]["sequence"] < answer["sequence"]:
                time.sleep(0.002)
            log.late_s.append(time.monotonic() - begun)
    client.close()
    other.close()


def read(shop: Shop, number: int, log: Log, ended: threading.Event) -> None:
    client = Client(shop.servers[number % 2])
    newest = 0
    while not ended.is_set():
        status, answer = client.ask("GET", "/items?limit=100&filter=mark:" + ",".join(_MARKS))
        if status == 400:
            continue  # no item has a mark yet
        if status != 200:
            log.wrong.append(f"a reader got {status}: {answer}")
            continue
        sequence = answer["index"]["sequence"]
        if sequence < newest:
            log.wrong.append(f"a process went back from {newest} to {sequence}")
        newest = sequence
        log.seen.append((sequence, {item["id"]: item["attributes"]["mark"] for item in answer["items"]}))
    client.close()


_MARKS = [f"{number}.{change}" for number in range(WRITERS) for change in range(CHANGES_OF_EACH)][:100]


def compact_and_swap(shop: Shop, number: int) -> None:
    base = open_current(shop.bundles)
    with contextlib.closing(LiveCatalogue.open(shop.url, create=False)) as catalogue:
        after = base.sequence if base.sequence is not None else catalogue.adopted()[base.version]
        changes = catalogue.changes(after=after, model=base.model.version)
        version = compact(
            base,
            changes.items,
            shop.bundles,
            sequence=changes.sequence,
            catalogue=catalogue.identity,
            now=datetime.now(UTC) + timedelta(seconds=number),
        )
    elsewhere = asked_for()
    if elsewhere is not None:
        elsewhere.load_all(shop.bundles)
    assert make_current(shop.bundles, version, instead_of=base.version)
    for server in shop.servers:
        give_up = time.monotonic() + 30
        while f'"{version}"' not in server.curl("/items?limit=1")[1]:
            assert time.monotonic() < give_up, f"{version} is not served"
            time.sleep(0.02)


def test_no_change_is_lost_mixed_or_late_while_indexes_are_swapped(shop: Shop) -> None:
    log, ended = Log(), threading.Event()
    writers = [threading.Thread(target=write, args=(shop, number, log)) for number in range(WRITERS)]
    readers = [threading.Thread(target=read, args=(shop, number, log, ended)) for number in range(READERS)]
    for thread in (*writers, *readers):
        thread.start()
    try:
        for number in range(SWAPS):
            compact_and_swap(shop, number)
    finally:
        for thread in writers:
            thread.join()
        ended.set()
        for thread in readers:
            thread.join()
    assert log.wrong == []
    with contextlib.closing(LiveCatalogue.open(shop.url, create=False)) as catalogue:
        # Deletions name no sequence in their answer, so they are read from the database.
        items = {item.id: item for item in catalogue.all_items(open_current(shop.bundles).model.version)}
    expected = {
        item.id: item.item.attributes["mark"] for item in items.values() if item.item and "mark" in item.item.attributes
    }
    for server in shop.servers:
        listed = json.loads(server.curl("/items?limit=100")[1])
        shown = {item["id"]: item["attributes"].get("mark") for item in listed["items"]}
        assert {item_id: mark for item_id, mark in shown.items() if mark} == expected
        assert listed["total"] == len(items)
    assert len(log.seen) > 20
    for sequence, marks in log.seen:
        for item_id, mark in marks.items():
            # The newest change that it can have been: no older one, and none from the future.
            own = {number: set_to for number, changed, set_to in log.truth if changed == item_id}
            (at,) = (number for number, set_to in own.items() if set_to == mark)
            assert at <= sequence
            assert not [number for number in own if at < number <= sequence], (item_id, mark, sequence)
    assert statistics.quantiles(log.late_s, n=100)[98] < 1.0, sorted(log.late_s)[-5:]
    took = [
        float(line.rsplit(" ", 1)[1])
        for line in shop.servers[0].curl("/metrics")[1].splitlines()
        if line.startswith("lookalike_write_seconds_sum")
    ]
    assert sum(took) > 0


def test_of_two_writers_with_the_same_version_one_wins(shop: Shop) -> None:
    first = Client(shop.servers[0])
    version = first.put("raced", title="0")[1]["version"]
    statuses: list[int] = []
    barrier = threading.Barrier(2)

    def race(server: Server, title: str) -> None:
        client = Client(server)
        barrier.wait()
        body = json.dumps({"title": title}).encode()
        tag = {"Content_Type": "application/merge-patch+json", "If_Match": f'"{version}"'}
        statuses.append(client.ask("PATCH", "/items/raced", body, **tag)[0])
        client.close()

    racers = [
        threading.Thread(target=race, args=(server, title)) for server, title in zip(shop.servers, "ab", strict=True)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(statuses) == [200, 412]
    first.close()


def test_what_was_answered_is_there_after_sudden_death(shop: Shop) -> None:
    client = Client(shop.servers[0])
    answered: dict[str, str] = {}
    killer = threading.Timer(0.1, os.kill, (shop.servers[0].process.pid, signal.SIGKILL))
    number = 0
    with contextlib.suppress(OSError, http.client.HTTPException):
        while True:
            number += 1
            status, _ = client.put(f"dead-{number}", mark=str(number))
            assert status == 201
            answered[f"dead-{number}"] = str(number)
            if number == 6:
                killer.start()
    killer.join()
    client.close()
    assert len(answered) > 5
    with contextlib.closing(LiveCatalogue.open(shop.url, create=False)) as catalogue:
        for item_id, mark in answered.items():
            item = catalogue.item(item_id)
            assert item is not None
            assert item.attributes == {"mark": mark}
    survivor = Client(shop.servers[1])
    give_up = time.monotonic() + 10
    while survivor.ask("GET", f"/items/{next(reversed(answered))}")[0] != 200:
        assert time.monotonic() < give_up
        time.sleep(0.02)
    survivor.close()

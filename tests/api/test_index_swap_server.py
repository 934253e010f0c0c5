"""Real API processes under load while CURRENT goes back and forth between two bundles."""

import http.client
import json
import statistics
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.api.promotable import COMMON_IDS, Promotable, make_promotable
from tests.api.real_server import Server, running
from tests.served_elsewhere import ASKED

pytestmark = pytest.mark.services

SWAPS = 10
CLIENTS = 4
LONGEST_S = 3.0
_GIVE_UP_S = 60.0
_PATHS = (
    *(f"/items/{item_id}/similar?limit=20" for item_id in COMMON_IDS),
    "/items?limit=50",
    "/items?sample=random&seed=5&limit=30",
)


@pytest.fixture
def bundles(tmp_path: Path) -> Promotable:
    built = make_promotable(tmp_path / "pictures", tmp_path / "bundles")
    built.promote(built.first)
    return built


class Shopper(threading.Thread):
    """Asks one server all the time, over one connection, and keeps what is wrong with the answers."""

    def __init__(self, server: Server, marks: dict[str, str], first: int) -> None:
        super().__init__()
        self._server, self._marks, self._first = server, marks, first
        self._ended = threading.Event()
        self.wrong: list[str] = []
        self.answers: dict[str, int] = {}

    def end(self) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=_GIVE_UP_S)
        number = self._first
        while not self._ended.is_set():
            path = _PATHS[number % len(_PATHS)]
            number += 1
            try:
                connection.request("GET", path)
                response = connection.getresponse()
                self._check(path, response.status, response.read())
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append(f"{path}: {error!r}")
                connection.close()
        connection.close()

    def _check(self, path: str, status: int, body: bytes) -> None:
        if status != 200:
            self.wrong.append(f"{path}: {status} {body[:300]!r}")
            return
        answer: dict[str, Any] = json.loads(body)
        version = answer["index"]["version"]
        self.answers[version] = self.answers.get(version, 0) + 1
        marks = {item["attributes"]["bundle"] for item in answer["items"]}
        if marks != {self._marks[version]}:
            self.wrong.append(f"{path}: {version} answered with items of {marks}")


def test_no_request_fails_and_none_mixes_versions(bundles: Promotable) -> None:
    marks = {bundles.first: "0", bundles.second: "1"}
    with running(bundles.folder) as one, running(bundles.folder) as other:
        servers = (one, other)
        shoppers = [Shopper(servers[number % 2], marks, number) for number in range(2 * CLIENTS)]
        for shopper in shoppers:
            shopper.start()
        took_s = []
        try:
            for number in range(SWAPS):
                version = (bundles.second, bundles.first)[number % 2]
                begun = time.monotonic()
                bundles.promote(version)
                for server in servers:
                    _await_version(server, version)
                took_s.append(time.monotonic() - begun)
        finally:
            for shopper in shoppers:
                shopper.end()
        assert [line for shopper in shoppers for line in shopper.wrong] == []
        for shopper in shoppers:
            assert set(shopper.answers) == set(marks)
        # Not the longest: other work on the machine may stop all processes for a while.
        assert statistics.median(took_s) < LONGEST_S, took_s
        for server in () if ASKED else servers:
            mapped = Path(f"/proc/{server.process.pid}/maps").read_text()
            assert bundles.first in mapped
            assert bundles.second not in mapped


def test_a_server_without_an_index_waits_for_one(bundles: Promotable) -> None:
    bundles.demote()
    with running(bundles.folder) as server:
        status, body = server.curl("/items")
        assert (status, json.loads(body)["code"]) == (503, "index_unavailable")
        bundles.promote(bundles.other)
        _await_version(server, bundles.other)
        assert server.curl("/readyz/items")[0] == 200


def _await_version(server: Server, version: str) -> None:
    give_up = time.monotonic() + _GIVE_UP_S
    while f'"{version}"' not in server.curl("/items?limit=1")[1]:
        assert time.monotonic() < give_up, f"{version} is not served"
        time.sleep(0.05)

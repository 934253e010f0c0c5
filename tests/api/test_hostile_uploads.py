"""Uploads that together are larger than the memory for them: a real server, a real clock, its real memory."""

import contextlib
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.bundle import Bundle
from tests.api.livez_lag import MOST_S, best_of_tries_s
from tests.api.multipart import MULTIPART_HEADERS, multipart
from tests.api.real_server import Server, running

pytestmark = [pytest.mark.services, pytest.mark.alone]

MB = 1024 * 1024
CLIENTS = 256
BUDGET_MB = 64
# What each connection holds of a body before the application asks for it.
BUFFERED_MB = 0.5
BODY = multipart([("image", "a.png", bytes(10 * MB))])
HEAD = (
    f"POST /embeddings HTTP/1.1\r\nHost: x\r\nContent-Type: {MULTIPART_HEADERS['Content-Type']}\r\n"
    f"Content-Length: {len(BODY)}\r\n\r\n"
).encode()


@pytest.fixture(scope="module")
def server(bundle: Bundle, bundles: Path) -> Iterator[Server]:
    settings = {
        "LOOKALIKE_BODY_BUDGET_BYTES": str(BUDGET_MB * MB),
        "LOOKALIKE_MAX_CONNECTIONS": "300",
        "LOOKALIKE_HEADER_TIMEOUT_S": "20",
        "LOOKALIKE_BODY_IDLE_S": "3",
    }
    with running(bundles, **settings) as server:
        yield server


def upload_at_once(server: Server, clients: int) -> list[bytes]:
    """The answers to clients that upload at the same time, as fast as the server reads. The last byte never comes."""
    answers = [b""] * clients
    data = memoryview(HEAD + BODY[:-1])
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        for number in range(clients):
            client = stack.enter_context(server.connect())
            client.setblocking(False)
            selector.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE, [number, 0])
        give_up = time.monotonic() + 60
        while selector.get_map():
            assert time.monotonic() < give_up
            for key, events in selector.select(1):
                progress = key.data
                connection = key.fileobj
                assert isinstance(connection, socket.socket)
                try:
                    if events & selectors.EVENT_READ:
                        received = connection.recv(65_536)
                        answers[progress[0]] += received
                        if not received:
                            selector.unregister(connection)
                            continue
                    if events & selectors.EVENT_WRITE:
                        progress[1] += connection.send(data[progress[1] : progress[1] + 64 * 1024])
                        if progress[1] == len(data):
                            selector.modify(connection, selectors.EVENT_READ, progress)
                except ConnectionError:
                    selector.unregister(connection)
    return answers


def refused_for_memory(answers: list[bytes]) -> int:
    """How many were refused before their bodies had come; all others sent bodies that never end."""
    statuses = Counter(answer[9:12] for answer in answers)
    assert set(statuses) == {b"400", b"503"}
    for answer in answers:
        if answer[9:12] == b"503":
            assert b"\r\nretry-after: 1\r\n" in answer
            assert b'"code":"queue_full"' in answer
    return statuses[b"503"]


def test_uploads_of_2_gb_at_once_cost_little_more_than_the_budget(server: Server) -> None:
    before = server.peak_bytes()
    assert refused_for_memory(upload_at_once(server, CLIENTS)) > 200
    assert server.peak_bytes() - before < (1.2 * BUDGET_MB + CLIENTS * BUFFERED_MB) * MB
    # Everything was given back: one more is read to its end, and fails only for want of Redis.
    answer = server.exchange(HEAD.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + BODY)
    assert b'"code":"queue_unavailable"' in answer


def test_livez_is_not_late_while_uploads_are_refused(server: Server) -> None:
    rounds: list[list[bytes]] = []
    late_s = best_of_tries_s(server, lambda: rounds.append(upload_at_once(server, 32)))
    for answers in rounds:
        assert refused_for_memory(answers) > 20
    assert late_s <= MOST_S


@pytest.mark.parametrize("unit", [b"[],", b"{},", b'"",', b"1,", b"["])
def test_json_of_many_values_is_refused_before_it_is_parsed(server: Server, unit: bytes) -> None:
    body = b'{"item_ids": [' + unit * (10 * MB // len(unit)) + b'""]}'
    request = (
        b"POST /embeddings HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    answers: list[bytes] = []
    late_s = best_of_tries_s(server, lambda: answers.append(server.exchange(request)))
    assert {answer[9:12] for answer in answers} == {b"400"}
    assert b"commas and brackets" in answers[0]
    assert late_s <= MOST_S

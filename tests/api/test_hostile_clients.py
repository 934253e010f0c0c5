"""Clients that hold connections without using them, do not read, or ask faster than they are answered."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.bundle import Bundle
from tests.api.livez_lag import MOST_S, best_of_tries_s
from tests.api.real_server import Server, read_to_end, running

pytestmark = [pytest.mark.services, pytest.mark.alone]

MB = 1024 * 1024
LIVEZ = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
# 1.4 MB, more than the kernel takes for a client that does not read.
LARGE = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
WRITE_TIMEOUT_S = 0.6


@pytest.fixture(scope="module")
def server(bundle: Bundle, bundles: Path) -> Iterator[Server]:
    settings = {"LOOKALIKE_HEADER_TIMEOUT_S": "20", "LOOKALIKE_WRITE_TIMEOUT_S": str(WRITE_TIMEOUT_S)}
    with running(bundles, **settings) as server:
        yield server


def ended(connection: socket.socket) -> bool:
    """Whether the server has closed or cut the connection, which has nothing left to read."""
    connection.settimeout(0.01)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except ConnectionError:
        return True


def status_of(server: Server, request: bytes) -> int:
    with server.connect() as connection:
        connection.sendall(request)
        return int(connection.recv(4096).split()[1])


def wait_until_served(server: Server) -> None:
    """Until the connections of the test before are gone."""
    give_up = time.monotonic() + 10
    while status_of(server, b"GET /items HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") != 200:
        assert time.monotonic() < give_up
        time.sleep(0.05)


def small_window(server: Server) -> socket.socket:
    """A connection that takes little at a time."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", server.port))
    return connection


@pytest.mark.parametrize("more", [0, 40])
def test_health_is_answered_when_all_places_are_taken(server: Server, more: int) -> None:
    wait_until_served(server)
    with contextlib.ExitStack() as stack:
        for _ in range(20 + more):
            stack.enter_context(server.connect())
        for path, status in (("/livez", 200), ("/readyz", 503), ("/readyz/items?x=1", 400)):
            begun = time.monotonic()
            answer = server.exchange(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert int(answer.split()[1]) == status
            assert b"\r\nconnection: close\r\n" in answer
            assert time.monotonic() - begun < 0.5
        head, _, body = server.exchange(b"GET /items HTTP/1.1\r\nHost: x\r\n\r\n").partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after:" in head
        assert json.loads(body)["code"] == "queue_full"
    wait_until_served(server)


def test_clients_that_never_read_are_cut(server: Server) -> None:
    wait_until_served(server)
    with contextlib.ExitStack() as stack:
        deaf = [stack.enter_context(small_window(server)) for _ in range(20)]
        for connection in deaf:
            connection.sendall(LARGE)
        time.sleep(0.2)
        assert status_of(server, LIVEZ) == 200
        assert status_of(server, b"GET /items HTTP/1.1\r\nHost: x\r\n\r\n") == 503
        time.sleep(WRITE_TIMEOUT_S + 0.3)
        assert status_of(server, b"GET /items HTTP/1.1\r\nHost: x\r\n\r\n") == 200
        for connection in deaf:
            connection.settimeout(5)
            with pytest.raises(ConnectionError):
                read_to_end(connection)


def test_a_client_that_reads_slowly_gets_all(server: Server) -> None:
    wait_until_served(server)
    with server.connect() as connection:
        begun = time.monotonic()
        connection.sendall(LARGE)
        received = 0
        while received < 1_200_000:
            received += len(connection.recv(25_000))
            time.sleep(0.05)
        assert time.monotonic() - begun > 2 * WRITE_TIMEOUT_S


def test_a_flood_of_requests_waits_unparsed(server: Server) -> None:
    wait_until_served(server)
    before = server.peak_bytes()

    def flood() -> None:
        with server.connect() as connection, contextlib.suppress(TimeoutError, ConnectionError):
            connection.settimeout(0.5)
            connection.sendall(LIVEZ * (64 * MB // len(LIVEZ)))

    assert best_of_tries_s(server, flood) <= MOST_S
    assert server.peak_bytes() - before < 16 * MB


def test_pipelined_requests_are_answered_in_order(server: Server) -> None:
    wait_until_served(server)
    body = b'{"item_ids": 1}'
    requests = b"".join(
        b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Request-Id: %d\r\n\r\n" % number
        if number % 3
        else b"POST /embeddings HTTP/1.1\r\nHost: x\r\nX-Request-Id: %d\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (number, len(body), body)
        for number in range(3000)
    )
    with server.connect() as connection:
        sending = threading.Thread(
            target=connection.sendall, args=(requests + LIVEZ[:-2] + b"Connection: close\r\n\r\n",)
        )
        sending.start()
        answers = read_to_end(connection)
        sending.join()
    found = [line.split()[1] for line in answers.split(b"\r\n") if line.startswith(b"x-request-id: ")]
    assert found[:-1] == [b"%d" % number for number in range(3000)]
    assert answers.count(b"HTTP/1.1 400 ") == 1000
    assert answers.count(b"HTTP/1.1 200 ") == 2001


def test_what_comes_before_a_fault_is_still_answered(server: Server) -> None:
    wait_until_served(server)
    answer = server.exchange(LIVEZ + b"no request\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_trailers_are_no_headers(server: Server) -> None:
    wait_until_served(server)
    answer = server.exchange(
        b"POST /embeddings HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2\r\n{}\r\n0\r\nContent-Type: application/json\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 415 ")


def test_one_address_has_a_share_and_proxies_have_none(bundle: Bundle, bundles: Path) -> None:
    settings = {"LOOKALIKE_MAX_CONNECTIONS_PER_ADDRESS": "3", "LOOKALIKE_PROXY_ADDRESSES": "127.0.0.1"}
    with running(bundles, **settings) as server, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect("127.0.0.2")) for _ in range(3)]
        clients += [stack.enter_context(server.connect(f"127.0.0.{source}")) for source in (3, 1, 1, 1, 1, 1)]
        for client in clients:
            client.sendall(LIVEZ)
            assert client.recv(4096).startswith(b"HTTP/1.1 200 ")
        with server.connect("127.0.0.2") as one_more:
            head, _, body = read_to_end(one_more).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 429 ")
        assert b"retry-after:" in head
        problem = json.loads(body)
        assert problem["code"] == "rate_limited"
        assert "127.0.0.2" in problem["detail"]
        clients[0].close()
        time.sleep(0.1)
        with server.connect("127.0.0.2") as again:
            again.sendall(LIVEZ)
            assert again.recv(4096).startswith(b"HTTP/1.1 200 ")

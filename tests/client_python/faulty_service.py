"""A real server that fails as a test says, one connection after the other."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Fault = Callable[[socket.socket, threading.Event], None]


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FaultyService:
    """Where it listens, what it does with the next connections, and what was asked."""

    url: str
    faults: list[Fault]
    asked: list[Asked] = field(default_factory=list)


def says(status: int, body: object = None, *headers: str, kind: str = "application/json") -> Fault:
    """A complete answer."""
    text = b"" if body is None else json.dumps(body).encode()

    def answer(connection: socket.socket, _: threading.Event) -> None:
        head = [f"HTTP/1.1 {status} Said", f"Content-Type: {kind}", f"Content-Length: {len(text)}", *headers]
        connection.sendall("\r\n".join([*head, "Connection: close", "", ""]).encode("latin-1") + text)

    return answer


def problem(status: int, code: str, *headers: str) -> Fault:
    """A problem as the service describes it."""
    members = {
        "type": f"urn:lookalike:{code}",
        "title": "Said so",
        "status": status,
        "detail": "try again",
        "instance": "/x",
        "code": code,
        "request_id": "r-1",
    }
    return says(status, members, *headers, kind="application/problem+json")


def cuts(connection: socket.socket, _: threading.Event) -> None:
    """Closes the connection without an answer."""


def half_an_answer(connection: socket.socket, _: threading.Event) -> None:
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"id": "1"')


def hangs(connection: socket.socket, over: threading.Event) -> None:
    over.wait(20)


def drips(connection: socket.socket, over: threading.Event) -> None:
    """An answer without end, a byte every 20 ms."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
    with contextlib.suppress(OSError):
        while not over.wait(0.02):
            connection.sendall(b" ")


@contextmanager
def faulty_service(*faults: Fault) -> Iterator[FaultyService]:
    """A service with these faults, one for each connection; more connections fail the test."""
    listener = socket.create_server(("127.0.0.1", 0))
    service = FaultyService(f"http://127.0.0.1:{listener.getsockname()[1]}", list(faults))
    over = threading.Event()
    threads: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=serve, args=(connection,)))
            threads[-1].start()

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(ConnectionError):
            asked = _request(connection)
            # Before the answer, for whoever gets that looks here.
            service.asked.append(asked)
            (service.faults.pop(0) if service.faults else cuts)(connection, over)

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield service
    finally:
        over.set()
        # A thread that accepts is only woken so.
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (accepting, *threads):
            thread.join()


def _request(connection: socket.socket) -> Asked:
    with connection.makefile("rb") as file:
        line = file.readline().decode("latin-1").strip()
        headers = {}
        while field := file.readline().decode("latin-1").strip():
            name, _, value = field.partition(":")
            headers[name.lower()] = value.strip()
        return Asked(line, headers, file.read(int(headers.get("content-length", 0))))

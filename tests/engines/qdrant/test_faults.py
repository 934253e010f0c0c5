"""A server that is away, slow, or says no: errors that say what to do, and no key."""

import json
import re
import socket
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from contracts.errors import EngineError, LookalikeError, SearchUnavailableError
from engines.opening import open_engine

KEY = "s3cret"


class _Answering(BaseHTTPRequestHandler):
    """Answers everything in the same way, and remembers with which key it was asked."""

    status = 200
    body = b"{}"
    asked: list[str | None]

    def do_GET(self) -> None:
        self.asked.append(self.headers["api-key"])
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the standard library's
        """Nothing."""


@pytest.fixture(scope="module")
def server() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answering) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def refusal(address: str) -> LookalikeError:
    with closing(open_engine(address, timeout_s=0.5)) as engine, pytest.raises(LookalikeError) as refused:
        engine.versions()
    assert KEY not in str(refused.value)
    assert "127.0.0.1" in str(refused.value)
    return refused.value


@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [
        (401, EngineError, "refuses the API key"),
        (403, EngineError, "put the right one into its address"),
        (404, SearchUnavailableError, "no longer holds this version"),
        (400, EngineError, "400: what the server says"),
        (409, EngineError, "another process is loading"),
        (429, SearchUnavailableError, "429|more requests than it allows"),
        (500, SearchUnavailableError, "cannot answer now .500: what the server says"),
        (503, SearchUnavailableError, "cannot answer now"),
        (200, SearchUnavailableError, "answered what is no answer of Qdrant"),
    ],
)
def test_what_the_server_says(
    server: ThreadingHTTPServer, status: int, kind: type[LookalikeError], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = f"what the server says \n about it {'x' * 1000}"
    monkeypatch.setattr(_Answering, "status", status)
    monkeypatch.setattr(_Answering, "body", json.dumps({"status": {"error": said}}).encode())
    monkeypatch.setattr(_Answering, "asked", [], raising=False)
    error = refusal(f"qdrant://:{KEY}@127.0.0.1:{server.server_port}")
    assert isinstance(error, kind)
    assert re.search(says, str(error)), str(error)
    assert "\n" not in str(error)
    assert len(str(error)) < 500
    assert _Answering.asked == [KEY]


def test_what_is_no_json(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Answering, "asked", [], raising=False)
    for status, body in ((200, b"<html>\xff"), (200, b"<html>"), (200, b"[]"), (502, b"<html>\xff"), (500, b"[]")):
        monkeypatch.setattr(_Answering, "status", status)
        monkeypatch.setattr(_Answering, "body", body)
        assert isinstance(refusal(f"qdrant://:{KEY}@127.0.0.1:{server.server_port}"), SearchUnavailableError)


def test_a_server_that_is_away() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = refusal(f"qdrant://:{KEY}@127.0.0.1:{taken.getsockname()[1]}")
    assert isinstance(error, SearchUnavailableError)
    assert "cannot be reached" in str(error)


def test_a_server_that_does_not_answer() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        error = refusal(f"qdrant://:{KEY}@127.0.0.1:{silent.getsockname()[1]}")
    assert isinstance(error, SearchUnavailableError)
    assert "did not answer in time" in str(error)


@pytest.mark.parametrize("version", ["../../etc", "a/b", "", "x" * 200, "a?b", "é"])
def test_what_is_no_version(version: str) -> None:
    with closing(open_engine("qdrant://127.0.0.1:1")) as engine, pytest.raises(EngineError, match="no version of an"):
        engine.open(version)

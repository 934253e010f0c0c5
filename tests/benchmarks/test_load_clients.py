"""The clients of the load benchmark count what they saw."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest

from benchmarks.load.clients import post_from_clients
from benchmarks.load.running import _check_same_job
from contracts.errors import BenchmarkError


@pytest.fixture
def address() -> Iterator[str]:
    """A server that refuses every third photo and hangs up on every fifth."""
    numbers = count(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            number = next(numbers)
            if number % 5 == 0:
                self.close_connection = True
                return
            self.send_response(503 if number % 3 == 0 else 200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_request(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_refusals_and_cut_connections_are_errors_and_not_latencies(address: str) -> None:
    load = post_from_clients(address, [b"one", b"two"], clients=1, seconds=0.3)
    answered, failed = len(load.latencies_ms), load.errors
    expected = [number for number in range(1, answered + failed + 1) if number % 5 == 0 or number % 3 == 0]
    assert failed == len(expected)
    assert load.error.startswith("503")
    assert load.per_s == answered / load.seconds


def test_a_server_that_does_another_job_is_not_compared() -> None:
    ours = ["a", "b", "c", "d", "e"]
    _check_same_job({"lookalike": [ours], "LitServe": [["b", "a", "c", "d", "x"]]})
    with pytest.raises(BenchmarkError, match="LitServe finds"):
        _check_same_job({"lookalike": [ours], "LitServe": [[]]})

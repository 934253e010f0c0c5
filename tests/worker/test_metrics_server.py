import logging
import socket
import time
import urllib.request
from collections.abc import Callable

import pytest

from tests.free_port import free_port
from worker.metrics import WorkerMetrics
from worker.metrics_server import MetricsServer


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def scraped(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def test_a_taken_port_is_a_sentence_and_is_used_once_it_is_free(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.metrics_server._RETRY_S", 0.05)
    caplog.set_level(logging.INFO)
    port = free_port()
    server = MetricsServer(WorkerMetrics().registry, "127.0.0.1", port)
    with socket.create_server(("127.0.0.1", port)):
        server.start()
        until(lambda: any("LOOKALIKE_WORKER_METRICS_PORT" in message for message in caplog.messages))
        time.sleep(0.2)
    until(lambda: any("metrics at" in message for message in caplog.messages))
    assert "lookalike_worker_pictures_total" in scraped(port)
    assert sum("is taken by another program" in message for message in caplog.messages) == 1
    server.stop()
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_it_stops_while_it_has_no_port() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        server = MetricsServer(WorkerMetrics().registry, "127.0.0.1", port)
        server.start()
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 2


def test_an_address_that_is_not_of_this_machine_is_a_sentence(caplog: pytest.LogCaptureFixture) -> None:
    server = MetricsServer(WorkerMetrics().registry, "192.0.2.1", free_port())
    server.start()
    until(lambda: any("cannot listen on 192.0.2.1:" in message for message in caplog.messages))
    server.stop()

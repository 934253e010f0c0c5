"""Collectors that are away, refuse, or never answer, cost spans only."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from tests.api.real_server import running
from tests.free_port import free_port

pytestmark = pytest.mark.services


@contextmanager
def silent() -> Iterator[str]:
    """An endpoint that takes connections and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=64)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("kind", ["away", "silent"])
def test_requests_are_answered_and_the_process_ends_in_time(kind: str, bundles: Path) -> None:
    with ExitStack() as stack:
        endpoint = stack.enter_context(silent()) if kind == "silent" else f"http://127.0.0.1:{free_port()}"
        settings = {
            "LOOKALIKE_TRACING": "true",
            "LOOKALIKE_LOG_FORMAT": "json",
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            # Far beyond what a request or the end of the process may wait.
            "OTEL_EXPORTER_OTLP_TIMEOUT": "60",
            "OTEL_BSP_SCHEDULE_DELAY": "20",
            # So that most spans find it full.
            "OTEL_BSP_MAX_QUEUE_SIZE": "4",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "2",
        }
        server = stack.enter_context(running(bundles, **settings))
        times = []
        for _ in range(16):
            began = time.monotonic()
            assert server.curl("/items/15004/similar", "-H", "Host: x")[0] == 200
            times.append(time.monotonic() - began)
        assert sorted(times)[8] < 0.5
        server.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        _, log = server.process.communicate(timeout=20)
        # Two seconds for the last spans; what Redis, which is away, and the machine take comes on top.
        assert time.monotonic() - began < 8
        assert server.process.returncode == 0
        records = [json.loads(line) for line in log.splitlines()]
        # Not a line for each batch or span.
        assert sum("collector" in record["message"] for record in records) <= 2
        assert not [record for record in records if record["logger"].startswith("opentelemetry")]

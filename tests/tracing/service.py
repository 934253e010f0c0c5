"""API, Redis and worker as real processes, with tracing, logs in JSON and metrics of the worker."""

import http.client
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from launch.embedded_redis import EmbeddedRedis
from tests.api.fake_embedder import IDENTITY
from tests.api.real_server import Server, running
from tests.api_embedding.harness import WorkerProcess
from tests.free_port import free_port

KEY = "a-key-of-16-chars-or-more"


@dataclass
class Service:
    server: Server
    worker: WorkerProcess
    metrics_port: int
    log: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes = b"") -> int:
        """The status of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        given = {"X-API-Key": KEY, "Host": "x", **(headers or {})}
        with closing(connection):
            connection.request(method, path, body or None, given)
            with connection.getresponse() as answer:
                answer.read()
                return answer.status

    def send_photo(self, photo: bytes, headers: Mapping[str, str] | None = None, path: str = "/similar") -> int:
        return self.ask("POST", path, {"Content-Type": "image/png", **(headers or {})}, photo)


@contextmanager
def serving(bundles: Path, endpoint: str, *worker_options: str) -> Iterator[Service]:
    environment = {
        "LOOKALIKE_TRACING": "true",
        "LOOKALIKE_LOG_FORMAT": "json",
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
    }
    port = free_port()
    with ExitStack() as stack:
        redis = stack.enter_context(EmbeddedRedis())
        # Only while the worker starts: other tests of this process must not see it.
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**environment, "LOOKALIKE_WORKER_METRICS_PORT": str(port)}.items():
                patch.setenv(name, value)
            worker = stack.enter_context(WorkerProcess(redis.url, *worker_options, version=IDENTITY.version))
        api = {"REDIS_URL": redis.url, "LOOKALIKE_API_KEYS": KEY, "LOOKALIKE_ACCESS_LOG": "true", **environment}
        server = stack.enter_context(running(bundles, **api))
        service = Service(server, worker, port)
        reading = threading.Thread(target=_read, args=(server, service.log))
        reading.start()
        try:
            yield service
        finally:
            server.process.kill()
            reading.join()


def _read(server: Server, log: list[str]) -> None:
    assert server.process.stderr is not None
    log.extend(server.process.stderr)


def trace_headers(*, sampled: bool = True, state: str = "") -> tuple[str, dict[str, str]]:
    """A new trace's id, and the headers of a request in it."""
    trace_id = secrets.token_hex(16)
    headers = {"traceparent": f"00-{trace_id}-{'ab' * 8}-{sampled:02x}"}
    return trace_id, headers | ({"tracestate": state} if state else {})

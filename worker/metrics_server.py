"""Serves the worker's metrics over HTTP, on a port of its own.

The port may be taken: by another worker of the machine, or for a moment by the one that this one replaces. Photos do
not depend on it, so the worker says so once, works on, and tries again until it gets the port.
"""

import errno
import logging
import socket
import threading
from socketserver import ThreadingMixIn
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from contracts.network_address import host_and_port

logger = logging.getLogger(__name__)

_RETRY_S: Final = 5.0
_READ_TIMEOUT_S: Final = 5.0
_MOST_CONNECTIONS: Final = 8


class MetricsServer:
    """A thread that serves `/metrics`.

    Args:
        registry: what to show.
        host: address to listen on.
        port: to listen on.
    """

    def __init__(self, registry: CollectorRegistry, host: str, port: int) -> None:
        self._registry = registry
        self._host, self._port = host, port
        self._stopping = threading.Event()
        self._server: WSGIServer | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop it; a connection that is open then is not waited for."""
        self._stopping.set()
        with self._lock:
            server = self._server
        if server is not None:
            server.shutdown()
            self._thread.join()

    def _run(self) -> None:
        server = self._listen()
        if server is None:
            return
        with server:
            with self._lock:
                self._server = server
            logger.info("metrics at http://%s/metrics", host_and_port(self._host, self._port))
            server.serve_forever(poll_interval=0.2)

    def _listen(self) -> WSGIServer | None:
        """Try until the port is there; None if that is not wanted any more."""
        told = ""
        while not self._stopping.is_set():
            try:
                return _listening(self._registry, self._host, self._port)
            except OSError as error:
                problem = _described(error, self._host, self._port)
            if problem != told:
                logger.error("%s; photos are served, and the port is tried again every %.0f s", problem, _RETRY_S)
                told = problem
            self._stopping.wait(_RETRY_S)
        return None


class _Server(ThreadingMixIn, WSGIServer):
    """Answers so many connections at a time, and closes more at once."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, *arguments: Any) -> None:
        self._places = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        super().__init__(*arguments)

    def server_bind(self) -> None:
        # Not the one of `HTTPServer`, which asks the name service for the machine's name.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.socket.getsockname()[:2]
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the base class's
        logger.debug("a connection to the metrics failed", exc_info=True)


class _Server6(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    # Of the connection: a client that sends nothing holds its thread for so long.
    timeout = _READ_TIMEOUT_S

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Scrapes are not logged."""


def _listening(registry: CollectorRegistry, host: str, port: int) -> WSGIServer:
    metrics = make_wsgi_app(registry)

    def answer(environment: dict[str, Any], start: Any) -> Any:
        if environment["PATH_INFO"] != "/metrics":
            start("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"the metrics are at /metrics\n"]
        return metrics(environment, start)

    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    server_class = _Server6 if family == socket.AF_INET6 else _Server
    return make_server(host, port, answer, server_class, _Handler)


def _described(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"no metrics: port {port} of {host} (LOOKALIKE_WORKER_METRICS_PORT) is taken by another program; give each "
            "worker of a machine a port of its own"
        )
    return f"no metrics: cannot listen on {host_and_port(host, port)}: {error.strerror or error}"

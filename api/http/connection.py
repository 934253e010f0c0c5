"""uvicorn's HTTP connection, with a deadline for request heads and refusals as problem+json."""

import asyncio
import secrets
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from api.http.errors import PROBLEM_MEDIA_TYPE, problem_body
from api.http.problems import ServiceProblem


def limited_connection(*, max_connections: int, header_timeout_s: float) -> type[asyncio.Protocol]:
    """The connection class to pass to uvicorn as its HTTP protocol.

    Args:
        max_connections: most open connections; one more is answered 503 `queue_full` and closed.
        header_timeout_s: how long a connection may be silent before its first request, and how long
            each request's head may take to arrive, seconds.
    """

    class LimitedConnection(HttpToolsProtocol):
        def __init__(
            self,
            config: Config,
            server_state: ServerState,
            app_state: dict[str, Any],
            _loop: asyncio.AbstractEventLoop | None = None,
        ) -> None:
            super().__init__(config, server_state, app_state, _loop)
            self._head_deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > max_connections:
                self._refuse(ServiceProblem("queue_full", f"{max_connections} connections are open; try again later"))
                return
            self._await_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            # A refused connection is still read until it is closed.
            if not self.transport.is_closing():
                super().data_received(data)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            if self._head_deadline is None:
                self._await_head()

        def on_headers_complete(self) -> None:
            self._stop_waiting()
            super().on_headers_complete()

        def send_400_response(self, msg: str) -> None:
            del msg
            self._refuse(
                ServiceProblem("invalid_parameter", "the request is not valid HTTP/1.1; send it again, well-formed")
            )

        def _await_head(self) -> None:
            self._head_deadline = self.loop.call_later(header_timeout_s, self.transport.close)

        def _stop_waiting(self) -> None:
            if self._head_deadline is not None:
                self._head_deadline.cancel()
                self._head_deadline = None

        def _refuse(self, problem: ServiceProblem) -> None:
            if self.cycle is not None:
                # A request may be worked on; its answer must not be written to a connection that is closed.
                self.cycle.disconnected = True
                self.cycle.message_event.set()
            request_id = secrets.token_hex(16)
            body = problem_body(problem, "/", request_id)
            head = [
                STATUS_LINE[problem.status],
                b"content-type: " + PROBLEM_MEDIA_TYPE.encode() + b"\r\n",
                b"content-length: %d\r\n" % len(body),
                b"x-request-id: " + request_id.encode() + b"\r\n",
                b"connection: close\r\n",
            ]
            if problem.retry_after_s is not None:
                head.append(b"retry-after: %d\r\n" % problem.retry_after_s)
            self.transport.write(b"".join([*head, b"\r\n", body]))
            self.transport.close()

    return LimitedConnection

"""The outermost ASGI middleware while tracing is on: a span for each request, as HTTP's semantic conventions have it.

FastAPI could make these spans itself, and so could opentelemetry-instrumentation-asgi. Both record paths and queries as
they are, which here hold the ids of jobs and whatever a client sends, and both hand `traceparent`, `tracestate` and
`baggage` of any length to the propagators.
"""

import time
from collections.abc import Set
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.request_context import current_request_id
from contracts.trace_context import TraceContext
from tracing.spans import root_span

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})


class Traced:
    """Gives each request a span, which continues the trace that `traceparent` names.

    Values of paths and queries are not recorded, nor addresses, keys and bodies.

    Args:
        app: answers; what it puts into the scope as `route` names the span.
        root_path: path below which a proxy serves the API.
        untraced: paths that monitoring asks for again and again.
    """

    def __init__(self, app: ASGIApp, *, root_path: str, untraced: Set[str]) -> None:
        self._app = app
        self._root_path = root_path
        self._untraced = untraced

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"].removeprefix(self._root_path) in self._untraced:
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        # As the conventions want it, the name of a span does not hold a method that a client made up.
        shown = "HTTP" if method == "_OTHER" else method
        given = {
            "http.request.method": method,
            "url.scheme": scope["scheme"],
            "network.protocol.version": scope["http_version"],
        }
        status = 0
        with root_span(shown, "server", TraceContext.of_request(scope["headers"]), given) as span:

            async def watched(message: Message) -> None:
                nonlocal status
                if message["type"] == "http.response.start":
                    status = message["status"]
                elif message.get("body"):
                    # What follows may be no part of the answer: the rest of a body that was refused is discarded.
                    span.end_at(time.time_ns())
                await send(message)

            try:
                await self._app(scope, receive, watched)
            finally:
                span.set({"lookalike.request_id": current_request_id.get()})
                template = getattr(scope.get("route"), "path_format", None)
                if template is not None:
                    span.name(f"{shown} {template}")
                    # Scrubbed: the template in place of the values.
                    span.set({"http.route": template, "url.path": f"{self._root_path}{template}"})
                if status:
                    span.set({"http.response.status_code": status})
                if not status or status >= 500:
                    span.fail(str(status) if status else "no_answer")

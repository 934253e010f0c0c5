"""The outermost ASGI middleware: gives requests ids, counts them, and handles bodies that are not read."""

import asyncio
import logging
from typing import Final

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.errors import instance
from api.http.request_context import SCOPE_KEY, RequestContext, begin_request, current_request_id
from api.metrics import Metrics
from contracts.log_format import current_log_fields

# A client that is refused while it still sends can read the response only if the connection is not
# reset. So the rest of its body is discarded for this long, or until nothing more comes.
DRAIN_S: Final = 5.0
DRAIN_IDLE_S: Final = 1.0

_log = logging.getLogger("lookalike.access")


class Edge:
    """Wraps the whole application.

    - gives each request an id, returns it in X-Request-Id, and puts its `RequestContext` into the scope;
    - answers HEAD wherever GET is served, without the body;
    - redirects the root path without its slash to the page;
    - puts the root path, below which a proxy serves the API, into the scope;
    - answers at once if a body is refused unread, with `Connection: close`, and discards the body;
    - counts requests and their time by route, and writes the access log if it is enabled.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics, root_path: str, access_log: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._root_path = root_path
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        context = begin_request(scope)
        current_request_id.set(context.request_id)
        current_log_fields.set({"request_id": context.request_id})
        method = scope["method"]
        inner = dict(scope)
        inner[SCOPE_KEY] = context
        if self._root_path:
            inner["root_path"] = self._root_path
        if method == "HEAD":
            inner["method"] = "GET"
        body = _Body(receive) if _announces_body(scope) else None
        request_id = context.request_id.encode("ascii")
        status = 500

        async def reply(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", request_id),
                    (b"x-content-type-options", b"nosniff"),
                ]
                if body is not None and not body.complete:
                    message["headers"].append((b"connection", b"close"))
                    body.refused = True
                await send(message)
                return
            if method == "HEAD":
                message["body"] = b""
            if body is not None and body.refused and not message.get("more_body", False):
                await send({"type": "http.response.body", "body": message.get("body", b""), "more_body": True})
                await body.drain()
                message = {"type": "http.response.body", "body": b"", "more_body": False}
            await send(message)

        try:
            await self._application(scope)(inner, receive if body is None else body.receive, reply)
        finally:
            # For the span around this middleware, which has the outer scope.
            scope["route"] = inner.get("route")
            self._record(inner, method, status, context)

    def _application(self, scope: Scope) -> ASGIApp:
        if not self._root_path or scope["path"] != self._root_path:
            return self._app
        # The page's URLs are relative, so its own URL must end with the slash.
        query = scope["query_string"].decode("latin-1")
        return RedirectResponse(f"{self._root_path}/{'?' if query else ''}{query}", 308)

    def _record(self, scope: Scope, method: str, status: int, context: RequestContext) -> None:
        elapsed_ms = context.elapsed_ms()
        route = scope.get("route")
        template = getattr(route, "path_format", None) or "unmatched"
        self._metrics.observe_request(template, method, status, elapsed_ms / 1000.0)
        if self._access_log:
            _log.info("%s %s %d %.1fms %s", method, instance(scope), status, elapsed_ms, context.request_id)


class _Body:
    """The incoming body of a request, and whether all of it has arrived."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.complete = False
        self.refused = False

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            self.complete = True
        return message

    async def drain(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + DRAIN_S
        try:
            while not self.complete:
                async with asyncio.timeout_at(min(deadline, loop.time() + DRAIN_IDLE_S)):
                    await self.receive()
        except TimeoutError:
            return


def _announces_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )

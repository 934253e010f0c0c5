"""CORS: which pages may call the API, and a problem for a preflight that is refused."""

from collections.abc import Collection
from functools import partial

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.errors import problem_response
from api.http.problems import ServiceProblem

_VARY = (b"vary", b"Origin")
_METHODS = ("GET", "HEAD", "POST")
_WRITING_METHODS = ("PUT", "PATCH", "DELETE")
_REQUEST_HEADERS = ("Authorization", "Content-Type", "Prefer", "X-API-Key", "X-Request-Id")
_ANSWER_HEADERS = (
    "ETag",
    "Location",
    "Preference-Applied",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-Id",
)
_WRITING_HEADERS = ("Idempotency-Key", "If-Match", "If-None-Match")


class CrossOrigin(CORSMiddleware):
    """Starlette's middleware, with our methods and headers.

    Args:
        app: answers all that is no preflight.
        origins: of the pages that may call the API.
        writes: whether they may change items too.
    """

    def __init__(self, app: ASGIApp, *, origins: Collection[str], writes: bool = False) -> None:
        self._methods = (*_METHODS, *_WRITING_METHODS) if writes else _METHODS
        self._headers = tuple(sorted((*_REQUEST_HEADERS, *_WRITING_HEADERS))) if writes else _REQUEST_HEADERS
        super().__init__(
            app,
            allow_origins=list(origins),
            allow_methods=list(self._methods),
            allow_headers=list(self._headers),
            expose_headers=list(_ANSWER_HEADERS),
            max_age=600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight, or pass a request on."""
        if scope["type"] == "http":
            for name, _ in scope["headers"]:
                if name == b"origin":
                    break
            else:
                # An `<img>` or a server, which starlette would take some 40 us for.
                await self.app(scope, receive, partial(_varying, send))
                return
        await super().__call__(scope, receive, send)

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a preflight; starlette refuses one as plain text, which becomes a problem."""
        response = super().preflight_response(request_headers)
        if response.status_code < 400:
            return response
        sent = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        return _Refusal(self._why(bytes(response.body).decode()), sent)

    def _why(self, refusal: str) -> str:
        """What a preflight asks for that is not allowed, and what is; `refusal` is starlette's list of the kinds."""
        allowed = {
            "origin": "this origin (the server's operator lists origins in LOOKALIKE_CORS_ORIGINS, or with a key in "
            "LOOKALIKE_PUBLISHABLE_KEYS)",
            "method": f"this method ({', '.join(self._methods)} are)",
            "headers": f"one of these headers ({', '.join(self._headers)} are)",
            "private-network": "a page of a public network",
        }
        refused = [
            words for kind, words in allowed.items() if kind in refusal.removeprefix("Disallowed CORS ").split(", ")
        ]
        return f"pages may not call this service from or with {' or '.join(refused) or 'what the preflight asks for'}"


async def _varying(send: Send, message: Message) -> None:
    """Tell caches that the answer to a page may differ, in the header that makes it readable."""
    if message["type"] == "http.response.start":
        message["headers"] = [*message.get("headers", ()), _VARY]
    await send(message)


class _Refusal(Response):
    """Becomes a problem when it is sent, for only then is the request known."""

    def __init__(self, detail: str, headers: dict[str, str]) -> None:
        super().__init__(status_code=400)
        self._problem = ServiceProblem("invalid_parameter", detail)
        self._sent = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the problem."""
        await problem_response(scope, self._problem, self._sent)(scope, receive, send)

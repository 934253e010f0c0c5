"""API keys, compared in constant time."""

import hashlib
import hmac
from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.errors import problem_response
from api.http.problems import ServiceProblem

_OPEN_PATHS = frozenset({"/", "/livez", "/readyz", "/readyz/items", "/docs", "/openapi.json", "/favicon.ico"})
_OPEN_FOLDERS = ("/page/", "/docs/")
_MAX_KEY_BYTES = 1024


class ApiKeys:
    """ASGI middleware that requires an API key, except for health, the page and the documentation.

    A key is sent as `X-API-Key: KEY` or `Authorization: Bearer KEY`.
    """

    def __init__(self, app: ASGIApp, *, keys: Iterable[str]) -> None:
        self._app = app
        self._digests = tuple(hashlib.sha256(key.encode()).digest() for key in keys)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its key is known, else answer 401."""
        if scope["type"] != "http" or _is_open(scope) or self._knows(key_of(scope)):
            await self._app(scope, receive, send)
            return
        problem = ServiceProblem(
            "unauthorized",
            "this needs a valid API key, sent as 'X-API-Key: KEY' or 'Authorization: Bearer KEY'",
        )
        await problem_response(scope, problem)(scope, receive, send)

    def _knows(self, key: bytes | None) -> bool:
        if key is None or len(key) > _MAX_KEY_BYTES:
            return False
        digest = hashlib.sha256(key).digest()
        # All keys are compared, so the time reveals neither which one matched nor how much of it.
        return sum(hmac.compare_digest(digest, known) for known in self._digests) > 0


def _is_open(scope: Scope) -> bool:
    path: str = scope["path"]
    root_path: str = scope.get("root_path", "")
    if root_path and path.startswith(f"{root_path}/"):
        path = path[len(root_path) :]
    return path in _OPEN_PATHS or path.startswith(_OPEN_FOLDERS)


def key_of(scope: Scope) -> bytes | None:
    """The key that a request carries, or None; not checked."""
    bearer = None
    for name, value in scope["headers"]:
        if name == b"x-api-key":
            return bytes(value).strip()
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            bearer = bytes(value[7:]).strip()
    return bearer

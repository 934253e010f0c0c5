"""API keys, compared in constant time."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.client_address import address_of
from api.http.errors import problem_response
from api.http.problems import ServiceProblem
from api.http.refusal_limit import RefusalLimit
from api.metrics import Metrics
from api.settings import MAX_KEY_CHARACTERS

_OPEN_PATHS = frozenset(
    {"/", "/admin", "/livez", "/readyz", "/readyz/items", "/docs", "/openapi.json", "/favicon.ico", "/widget.js"}
)
_OPEN_FOLDERS = ("/page/", "/docs/")
_SCOPE_KEY = "lookalike.key_is_valid"
_HOW = "sent as 'X-API-Key: KEY' or 'Authorization: Bearer KEY'"


@dataclass(frozen=True, slots=True)
class _Sent:
    """The keys that a request carries."""

    in_header: tuple[bytes, ...]
    as_bearer: tuple[bytes, ...]

    @property
    def deciding(self) -> bytes | None:
        """The key that decides: that of X-API-Key, for the bearer token may be meant for somebody else."""
        keys = self.in_header or self.as_bearer
        return keys[0] if len(keys) == 1 else None


class ApiKeys:
    """ASGI middleware that requires an API key, except for health, the pages and the documentation.

    A key is sent as `X-API-Key: KEY` or `Authorization: Bearer KEY`. Requests without a valid key are counted, and too
    many of one address get a 429 instead of a 401. A valid key is always accepted, so nobody can lock out others by
    sharing their address, as all clients of a proxy may do. Guessing is hopeless because of the length of keys.
    """

    def __init__(self, app: ASGIApp, *, keys: Iterable[str], limit: RefusalLimit, metrics: Metrics) -> None:
        self._app = app
        self._digests = tuple(hashlib.sha256(key.encode()).digest() for key in keys)
        self._limit = limit
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its key is known or it needs none, else answer 401 or 429."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = _sent(scope)
        valid = scope[_SCOPE_KEY] = self._knows(sent.deciding)
        needed = not _is_open(scope)
        if not valid and (needed or sent.in_header or sent.as_bearer):
            self._metrics.observe_unauthorized("wrong" if sent.in_header or sent.as_bearer else "missing")
        if valid or not needed:
            await self._app(scope, receive, send)
            return
        # Also with a 429, for a key would help there too.
        headers = {"WWW-Authenticate": "Bearer"}
        await problem_response(scope, self._refusal(scope, sent), headers)(scope, receive, send)

    def _refusal(self, scope: Scope, sent: _Sent) -> ServiceProblem:
        detail = self._hint(sent)
        wait_s = self._limit.wait_s(address_of(scope))
        if not wait_s:
            return ServiceProblem("unauthorized", detail)
        return ServiceProblem(
            "rate_limited",
            f"too many requests without a valid API key came from this address within a minute; this one: {detail}",
            wait_s,
        )

    def _hint(self, sent: _Sent) -> str:
        if len(sent.in_header) > 1 or (not sent.in_header and len(sent.as_bearer) > 1):
            return f"the request has several API keys; this needs a single valid one, {_HOW}"
        if sent.in_header and len(sent.as_bearer) == 1 and self._knows(sent.as_bearer[0]):
            return (
                "the key in X-API-Key is not valid and decides, although the one in Authorization is valid; "
                "correct or remove X-API-Key"
            )
        if sent.in_header or sent.as_bearer:
            where = "X-API-Key" if sent.in_header else "Authorization"
            return f"the key in {where} is not valid; this needs a valid API key, {_HOW}"
        return f"this needs a valid API key, {_HOW}"

    def _knows(self, key: bytes | None) -> bool:
        if key is None or len(key) > MAX_KEY_CHARACTERS:
            return False
        digest = hashlib.sha256(key).digest()
        # All keys are compared, so the time reveals neither which one matched nor how much of it.
        return sum(hmac.compare_digest(digest, known) for known in self._digests) > 0


def shows_details(scope: Scope) -> bool:
    """Whether a request may be told what only those with a key may know: it has one, or none is needed."""
    return bool(scope.get(_SCOPE_KEY, True))


def _is_open(scope: Scope) -> bool:
    path: str = scope["path"]
    root_path: str = scope.get("root_path", "")
    if root_path and path.startswith(f"{root_path}/"):
        path = path[len(root_path) :]
    return path in _OPEN_PATHS or path.startswith(_OPEN_FOLDERS)


def key_of(scope: Scope) -> bytes | None:
    """The key that decides about a request, or None; not checked."""
    return _sent(scope).deciding


def _sent(scope: Scope) -> _Sent:
    in_header, as_bearer = [], []
    for name, value in scope["headers"]:
        if name == b"x-api-key":
            in_header.append(bytes(value).strip())
        elif name == b"authorization" and value[:7].lower() == b"bearer ":
            as_bearer.append(bytes(value[7:]).strip())
    return _Sent(tuple(in_header), tuple(as_bearer))

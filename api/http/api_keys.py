"""API keys: whether a request has one, compared in constant time, and whether it may do what the request asks for."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.client_address import address_of
from api.http.errors import problem_response
from api.http.key_rights import NeedsNoKey, path_of, refusal_for
from api.http.problems import ServiceProblem
from api.http.refusal_limit import RefusalLimit
from api.http.sent_keys import SentKeys, keys_in_headers, take_from_query
from api.key_entries import MAX_KEY_CHARACTERS, KnownKey
from api.metrics import Metrics

_SCOPE_KEY: Final = "lookalike.key"
_NO_KEYS: Final = "no keys"
_HOW: Final = "sent as 'X-API-Key: KEY' or 'Authorization: Bearer KEY'"
_VARY: Final = (b"vary", b"X-API-Key, Authorization")
_PRIVATE: Final = (b"cache-control", b"private")
# Opened by itself, an address with a key would be the referrer of what is clicked there.
_NO_REFERRER: Final = (b"referrer-policy", b"no-referrer")
_PUBLISHABLE: Final = (b"x-key-kind", b"publishable")


class ApiKeys:
    """ASGI middleware that requires an API key that may do what a request asks for, except where none is needed.

    A key is sent as `X-API-Key: KEY` or `Authorization: Bearer KEY`; a publishable one also as `?key=KEY` with GET,
    because an `<img>` sends no header. That parameter is taken out here, so nothing behind sees, remembers or logs it.
    Requests are refused by their head alone, before the body is read.

    Requests without a valid key are counted, and too many of one address get a 429 instead of a 401. A valid key is
    always accepted, so nobody can lock out others by sharing their address, as all clients of a proxy may do. Guessing
    is hopeless because of the length of keys.

    Args:
        app: answers what is allowed.
        keys: that are known; their digests are distinct.
        needs_no_key: which requests everybody may send.
        limit: on refusals.
        metrics: counts.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        keys: Iterable[KnownKey],
        needs_no_key: NeedsNoKey,
        limit: RefusalLimit,
        metrics: Metrics,
    ) -> None:
        self._app = app
        self._keys = tuple(keys)
        self._needs_no_key = needs_no_key
        self._limit = limit
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on if its key may do this or none is needed, else answer 400, 401, 403 or 429."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        in_query = take_from_query(scope)
        in_headers = keys_in_headers(scope)
        sent = SentKeys(in_headers.in_header, in_headers.as_bearer, in_query) if in_query else in_headers
        path = path_of(scope)
        needed = not self._needs_no_key(scope, path)
        verdict = self._verdict(scope, sent, path, needed=needed)
        if verdict.problem is not None:
            # Also with a 429, for a key would help there too.
            headers = {"WWW-Authenticate": "Bearer"} if verdict.unauthorized else {}
            await problem_response(scope, verdict.problem, headers)(scope, receive, send)
            return
        scope[_SCOPE_KEY] = verdict.key
        if in_query or (verdict.key is not None and verdict.key.is_publishable):
            send = partial(_told, send, (_VARY, _PUBLISHABLE) if verdict.key is not None and needed else ())
        await self._app(scope, receive, send)

    def _verdict(self, scope: Scope, sent: SentKeys, path: str, *, needed: bool) -> "_Verdict":
        if len(sent.in_query) > 1:
            return _Verdict(ServiceProblem("invalid_parameter", "'key' is given more than once; give it once"))
        if misplaced := self._misplaced(scope, sent):
            self._metrics.observe_unauthorized("in_url")
            return _Verdict(self._refusal(scope, misplaced), unauthorized=True)
        key = self._key_of(sent)
        if key is None:
            if needed or sent:
                self._metrics.observe_unauthorized("wrong" if sent else "missing")
            if not needed:
                return _Verdict()
            return _Verdict(self._refusal(scope, self._hint(sent)), unauthorized=True)
        forbidden = refusal_for(scope, path, key) if needed else None
        return _Verdict(None if forbidden is None else ServiceProblem("forbidden", forbidden), key)

    def _misplaced(self, scope: Scope, sent: SentKeys) -> str | None:
        """What is wrong with the place of a key, even where none is needed."""
        if not sent.in_query:
            return None
        known = self._known(sent.in_query[0])
        if known is not None and not known.is_publishable:
            return (
                "a secret key must not stand in an address, which browsers, proxies and logs keep; make a new key, and "
                f"have it {_HOW}"
            )
        # HEAD is GET here.
        if scope["method"] != "GET":
            return f"a key in the address is accepted with GET only; here it must be {_HOW}"
        return None

    def _key_of(self, sent: SentKeys) -> KnownKey | None:
        """The key that decides, if it is known and no other known key contradicts it."""
        key = self._known(sent.deciding)
        if key is None or not (sent.as_bearer and sent.explicit):
            return key
        others = (self._known(bearer) for bearer in sent.as_bearer)
        return None if any(other is not None and other is not key for other in others) else key

    def _known(self, key: bytes | None) -> KnownKey | None:
        if key is None or len(key) > MAX_KEY_CHARACTERS:
            return None
        digest = hashlib.sha256(key).digest()
        # All keys are compared, so the time reveals neither which one matched nor how much of it.
        place = 0
        for number, known in enumerate(self._keys, start=1):
            place += number * hmac.compare_digest(digest, known.digest)
        return self._keys[place - 1] if place else None

    def _refusal(self, scope: Scope, detail: str) -> ServiceProblem:
        wait_s = self._limit.wait_s(address_of(scope))
        if not wait_s:
            return ServiceProblem("unauthorized", detail)
        return ServiceProblem(
            "rate_limited",
            f"too many requests without a valid API key came from this address within a minute; this one: {detail}",
            wait_s,
        )

    def _hint(self, sent: SentKeys) -> str:
        bearers = [self._known(bearer) for bearer in sent.as_bearer]
        several = sent.deciding is None and (sent.explicit or sent.as_bearer)
        if several or (self._known(sent.deciding) is not None):
            return f"the request has several API keys; this needs a single valid one, {_HOW}"
        if sent.explicit:
            where = "X-API-Key" if sent.in_header else "the address ('key=')"
            if len(bearers) == 1 and bearers[0] is not None:
                return (
                    f"the key in {where} is not valid and decides, although the one in Authorization is valid; "
                    f"correct or remove {where}"
                )
            return f"the key in {where} is not valid; this needs a valid API key, {_HOW}"
        if sent.as_bearer:
            return f"the key in Authorization is not valid; this needs a valid API key, {_HOW}"
        return f"this needs a valid API key, {_HOW}"


class KeysIgnored:
    """ASGI middleware of a service without keys: a key does no harm, in the address as in a header."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on without the key in its address."""
        if scope["type"] == "http" and scope["method"] == "GET":
            take_from_query(scope)
        await self._app(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What becomes of a request.

    Attributes:
        problem: to answer with; None: it is passed on.
        key: that it carries, or None.
        unauthorized: whether another key would help.
    """

    problem: ServiceProblem | None = None
    key: KnownKey | None = None
    unauthorized: bool = False


def used_key(scope: Scope) -> KnownKey | None:
    """The valid key of a request; None if it has none, or if none is needed anywhere."""
    key = scope.get(_SCOPE_KEY)
    return key if isinstance(key, KnownKey) else None


def shows_details(scope: Scope) -> bool:
    """Whether a request may be told what only those with a secret key may know: it has one, or none is needed."""
    key = scope.get(_SCOPE_KEY, _NO_KEYS)
    return key is _NO_KEYS or (isinstance(key, KnownKey) and not key.is_publishable)


def key_of(scope: Scope) -> bytes | None:
    """The key in the headers that decides about a request, or None; not checked."""
    return keys_in_headers(scope).deciding


async def _told(send: Send, fields: Iterable[tuple[bytes, bytes]], message: Message) -> None:
    """Send an answer to a publishable key, which may be in the address, with what caches and pages must know."""
    if message["type"] == "http.response.start":
        headers = message["headers"] = [*message.get("headers", ()), *fields, _NO_REFERRER]
        if fields and not any(name == b"cache-control" for name, _ in headers):
            headers.append(_PRIVATE)
    await send(message)

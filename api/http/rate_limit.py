"""A limit on the requests of one caller, with the header fields that tell callers where they stand.

The fields are those of draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy` and `RateLimit`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.api_keys import used_key
from api.http.client_address import address_of
from api.http.errors import problem_response
from api.http.key_rights import is_open, is_picture, path_of
from api.http.problems import ServiceProblem

# Addresses share this many places in Redis, so that no number of them can fill it. Which place an address has, nobody
# can choose who does not know the secret keys.
_PLACES: Final = 65_536
# Monitoring must not go blind when somebody sends too much.
_METRICS: Final = "/metrics"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands with one limit, after a request.

    Attributes:
        policy: name of the limit.
        quota: requests that it allows.
        window_s: within this time, seconds.
        remaining: requests that are left.
        reset_s: until more are left, seconds.
        exceeded: whether this request was one too many.
    """

    policy: str
    quota: int
    window_s: int
    remaining: int
    reset_s: int
    exceeded: bool = False


class Counts(Protocol):
    """What counts requests for all processes."""

    async def count(self, caller: str, *, picture: bool) -> Sequence[Standing]:
        """Count a request, and say where its caller stands with each limit; empty if that cannot be known now."""
        ...


class RateLimit:
    """ASGI middleware that answers 429 to callers who send too much; where it cannot know, it answers.

    A caller is a secret key; or the address that uses a publishable key, because all visitors of a shop share that; or
    an address without a key. Health, metrics, the pages and the documentation are not limited. Pictures are counted by
    themselves, because one answer makes a page load many.

    Args:
        app: answers what is within the limits.
        counts: shared by all processes.
        secret: same in all processes; without it nobody can tell an address from what is kept, up to 64 bytes.
    """

    def __init__(self, app: ASGIApp, *, counts: Counts, secret: bytes) -> None:
        self._app = app
        self._counts = counts
        self._secret = secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a request, and pass it on or answer 429."""
        path = path_of(scope) if scope["type"] == "http" else "/"
        if is_open(path) or path == _METRICS:
            await self._app(scope, receive, send)
            return
        standings = await self._counts.count(self._caller(scope), picture=is_picture(scope, path))
        if not standings:
            await self._app(scope, receive, send)
            return
        exceeded = next((standing for standing in standings if standing.exceeded), None)
        fields = _fields(standings)
        if exceeded is not None:
            await problem_response(scope, _problem(scope, exceeded), fields)(scope, receive, send)
            return
        raw = [(name.lower().encode(), text.encode()) for name, text in fields.items()]

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *raw]
            await send(message)

        await self._app(scope, receive, tell)

    def _caller(self, scope: Scope) -> str:
        key = used_key(scope)
        if key is not None and not key.is_publishable:
            return f"key {hashlib.blake2b(key.digest, key=self._secret, digest_size=16).hexdigest()}"
        identity = (b"" if key is None else key.digest) + address_of(scope).encode()
        digest = hashlib.blake2b(identity, key=self._secret, digest_size=8).digest()
        return f"place {int.from_bytes(digest) % _PLACES}"


def _fields(standings: Sequence[Standing]) -> dict[str, str]:
    return {
        "RateLimit-Policy": ", ".join(f'"{each.policy}";q={each.quota};w={each.window_s}' for each in standings),
        "RateLimit": ", ".join(f'"{each.policy}";r={each.remaining};t={each.reset_s}' for each in standings),
    }


def _problem(scope: Scope, exceeded: Standing) -> ServiceProblem:
    key = used_key(scope)
    who = "this address" if key is None or key.is_publishable else "this key"
    wait_s = max(1, exceeded.reset_s)
    return ServiceProblem(
        "rate_limited",
        f"{who} has sent the {exceeded.quota:,} requests that it may send within {exceeded.window_s:,} s; wait "
        f"{wait_s} s, then try again",
        wait_s,
    )

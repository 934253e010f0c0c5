"""Which hosts a request may name.

A web page can let its own name resolve to the address of this server (DNS rebinding). Then a browser on this machine or
network, which reaches the server, takes our answers for the page's own and lets the page read them. The Host header
still has the page's name. So a server that needs no key answers only to names that no outsider can own.
"""

import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.errors import problem_response
from api.http.listening import is_loopback
from api.http.problems import ServiceProblem
from api.settings import ApiSettings

_MAX_HOST_BYTES: Final = 300
_MAX_REMEMBERED: Final = 256
_HOST: Final = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
# Nobody can register these: they are for one machine or one network.
_OF_THE_NETWORK: Final = (".local", ".internal", ".home.arpa")


@dataclass(frozen=True, slots=True)
class HostRule:
    """The names that are answered to; addresses and localhost always are.

    Attributes:
        names: lower case.
        suffixes: with their leading dot; what ends with one is answered to.
        dotless: whether names without a dot are, which only the own network can resolve.
        everything: whether any name is.
    """

    names: frozenset[str] = frozenset()
    suffixes: tuple[str, ...] = ()
    dotless: bool = False
    everything: bool = False

    def allows(self, host: str) -> bool:
        """Whether requests for a host are answered, given in lower case without port."""
        host = host.removesuffix(".")
        return (
            self.everything
            or host in self.names
            or host == "localhost"
            or host.endswith((".localhost", *self.suffixes))
            or (self.dotless and "." not in host)
            or _is_address(host)
        )


def host_rule(settings: ApiSettings, host: str, port: int) -> HostRule:
    """The rule for a process that listens on a host.

    Without the setting: where keys are set, any name, because such a page has no key; on a loopback address,
    addresses and localhost; else also the names that only the own network resolves.
    """
    if settings.allowed_hosts:
        return HostRule(
            names=frozenset(name for name in settings.allowed_hosts if "*" not in name),
            suffixes=tuple(name[1:] for name in settings.allowed_hosts if name.startswith("*.")),
            everything="*" in settings.allowed_hosts,
        )
    if settings.api_keys:
        return HostRule(everything=True)
    own = frozenset({host.lower()})
    if is_loopback(host, port):
        return HostRule(names=own)
    return HostRule(names=own, suffixes=_OF_THE_NETWORK, dotless=True)


class Hosts:
    """ASGI middleware that refuses requests without a Host, with two, and for hosts that a rule does not allow.

    HTTP/1.0 has requests without a Host, which health checks send and browsers do not.
    """

    def __init__(self, app: ASGIApp, *, rule: HostRule) -> None:
        self._app = app
        self._rule = rule
        self._allowed: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 400."""
        detail = self._refusal(scope) if scope["type"] == "http" else None
        if detail is None:
            await self._app(scope, receive, send)
            return
        await problem_response(scope, ServiceProblem("invalid_parameter", detail))(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) != 1:
            if not hosts and scope["http_version"] == "1.0":
                return None
            return f"the request has {len(hosts) or 'no'} Host headers; send exactly one"
        (host,) = hosts
        if host in self._allowed:
            return None
        found = _HOST.fullmatch(host) if len(host) <= _MAX_HOST_BYTES else None
        if found is None:
            return "the Host header is not a host, with or without a port; send one such as localhost:8000"
        name = found[1].decode("ascii").lower()
        if not self._rule.allows(name):
            return (
                f"this server does not answer for the host {name:.80}; ask for it by its address, or let its operator "
                "add the name to LOOKALIKE_ALLOWED_HOSTS"
            )
        if len(self._allowed) < _MAX_REMEMBERED:
            self._allowed.add(host)
        return None


def _is_address(host: str) -> bool:
    try:
        ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True

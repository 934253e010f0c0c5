"""From where pictures and feeds may be fetched."""

import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlsplit

from contracts.errors import UrlRefusedError
from contracts.network_address import host_and_port
from fetching.hosts import address_of, host_in_one_form

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_INTERNAL: Final = "internal:"
_LONGEST_URL: Final = 4096
_UNPRINTABLE: Final = re.compile(r"[\x00-\x20\x7f\\]")
# Already escaped parts stay; other letters of the path and query are escaped as UTF-8.
_SAFE: Final = "/?:@!$&'()*+,;=%-._~"
_ENTRY: Final = re.compile(r"(\*\.)?(\[[0-9a-f:.]+\]|[^:/@\[\]\s]+)(?::([0-9]{1,5}))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """What to connect to, and what to ask for.

    Attributes:
        scheme: `http` or `https`.
        host: name or address, in one form.
        port: to connect to.
        path: with the query, as it stands in a request.
        is_internal: whether the host may have an address of a private network.
    """

    scheme: str
    host: str
    port: int
    path: str
    is_internal: bool

    @property
    def authority(self) -> str:
        """Host and port as in the header `Host`."""
        if self.port == _DEFAULT_PORTS[self.scheme]:
            return f"[{self.host}]" if ":" in self.host else self.host
        return host_and_port(self.host, self.port)

    @property
    def url(self) -> str:
        """The URL in one form, which redirects are relative to."""
        return f"{self.scheme}://{self.authority}{self.path}"


@dataclass(frozen=True, slots=True)
class AllowedHost:
    """An entry of the list of hosts.

    Attributes:
        host: in one form.
        port: the only one that may be used; None: that of the scheme.
        with_below: whether it stands for the hosts below it, and not for itself.
        is_internal: whether it may have an address of a private network.
    """

    host: str
    port: int | None
    with_below: bool
    is_internal: bool


@dataclass(frozen=True, slots=True)
class UrlRules:
    """Which URLs may be fetched.

    Attributes:
        hosts: names or addresses, each with or without a port: `images.shop.example`, `*.shop.example` for all below
            it, `images.shop.example:8443`, `internal:images.lan` for one that may have a private address.
        allow_http: whether http is allowed too, and not only https.
    """

    hosts: tuple[str, ...]
    allow_http: bool
    _entries: tuple[AllowedHost, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_entries", tuple(allowed_host(host) for host in self.hosts))

    def check(self, url: str) -> Target:
        """What a URL leads to, if it may be fetched; addresses of names are checked when they are connected to.

        Raises:
            UrlRefusedError: it may not; the message says why and what to do.
        """
        if len(url) > _LONGEST_URL or _UNPRINTABLE.search(url):
            raise UrlRefusedError(
                f"the URL has over {_LONGEST_URL:,} characters, or spaces, control characters or backslashes; escape "
                "them as %20 and so on"
            )
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise UrlRefusedError("this is no URL; give one such as https://images.shop.example/a.jpg") from None
        if parts.scheme not in _DEFAULT_PORTS or (parts.scheme == "http" and not self.allow_http):
            schemes = "https or http" if self.allow_http else "https"
            raise UrlRefusedError(f"only {schemes} URLs are fetched; give one that begins so")
        if "@" in parts.netloc:
            raise UrlRefusedError("the URL has a user or password in front of its host; leave them out")
        host = host_in_one_form(parts.hostname or "")
        default = _DEFAULT_PORTS[parts.scheme]
        entry = None if host is None else self._entry(host, default if port is None else port, default)
        if host is None or entry is None:
            raise UrlRefusedError(
                "nothing is fetched from the host or port of this URL; the operator can add it to "
                "LOOKALIKE_IMAGE_URL_HOSTS"
            )
        path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
        return Target(parts.scheme, host, default if port is None else port, path, entry.is_internal)

    def _entry(self, host: str, port: int, default: int) -> AllowedHost | None:
        for entry in self._entries:
            named = host.endswith(f".{entry.host}") if entry.with_below else host == entry.host
            if named and port == (default if entry.port is None else entry.port):
                return entry
        return None


def checked_hosts(hosts: tuple[str, ...]) -> tuple[str, ...]:
    """Check a list of hosts, such as a setting.

    Raises:
        ValueError: an entry is none; the message says what to give.
    """
    for host in hosts:
        allowed_host(host)
    return hosts


def allowed_host(text: str) -> AllowedHost:
    """Read an entry of the list of hosts.

    Raises:
        ValueError: it is none; the message says what to give.
    """
    is_internal = text.startswith(_INTERNAL)
    found = _ENTRY.fullmatch(text.removeprefix(_INTERNAL))
    # A dot at the end means the same host.
    host = host_in_one_form(found[2].rstrip(".")) if found else None
    port = int(found[3]) if found and found[3] else None
    if found is None or host is None or (port is not None and not 1 <= port <= 65_535):
        raise ValueError(
            f"{text!r} is not a host to fetch from; give names such as images.shop.example, *.shop.example for all "
            "below it, images.shop.example:8443 for another port, internal:images.lan for one with a private address; "
            "the machine itself is never allowed"
        )
    with_below = bool(found[1])
    if with_below and (is_internal or "." not in host or address_of(host) is not None):
        raise ValueError(
            f"{text!r} allows too much; name each internal host by itself, and below `*.` give a domain of your own, "
            "such as *.shop.example"
        )
    return AllowedHost(host, port, with_below, is_internal)

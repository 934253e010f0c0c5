"""Connecting to a host: its name is resolved once, all its addresses are checked, and one of those is connected to."""

import socket
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address

from contracts.errors import UnreachableError, UrlRefusedError
from fetching.addresses import Address, is_internal, is_public
from fetching.deadline import NO_ANSWER, Deadline
from fetching.hosts import address_of
from fetching.rules import Target

_MOST_ADDRESSES = 4
_REFUSED = (
    "nothing is fetched from this host, because it has an address that is not public; give the picture or feed itself, "
    "or let the operator add the host to LOOKALIKE_IMAGE_URL_HOSTS as internal:HOST"
)


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host as texts, by the system's resolver.

    Raises:
        OSError: it has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(entry[4][0]) for entry in found]


def connect(address: str, port: int, timeout_s: float) -> socket.socket:
    """Open a connection.

    Raises:
        OSError: there is none within the time.
    """
    return socket.create_connection((address, port), timeout=timeout_s)


def is_own(address: str, port: int) -> bool:
    """Whether an address belongs to this machine: then packets to it come from itself. Nothing is sent."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, port))
        except OSError:
            return False
        return ip_address(str(probe.getsockname()[0])) == ip_address(address)


@cache
def _checking() -> ssl.SSLContext:
    # Reading all certificates of the system takes some 30 ms.
    return ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class Dialer:
    """What connects. Tests give their own functions; no setting does.

    Attributes:
        resolve, connect, is_own: see the functions of these names.
        context: how certificates are checked.
    """

    resolve: Callable[[str, int], Sequence[str]] = resolve
    connect: Callable[[str, int, float], socket.socket] = connect
    is_own: Callable[[str, int], bool] = is_own
    context: ssl.SSLContext = field(default_factory=_checking)

    def dial(self, target: Target, deadline: Deadline) -> socket.socket:
        """Connect to a target, with TLS for https.

        Raises:
            UrlRefusedError: one of its addresses is not public, or is this machine's.
            UnreachableError: it cannot be connected to in time.
        """
        addresses = self._checked(target, deadline)
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                # A quarter of the time at most, so that a dead address leaves some for the next.
                connection = self.connect(str(address), target.port, max(deadline.left_s() / 4, 0.1))
            except OSError:
                continue
            return self._secured(connection, target, deadline)
        raise UnreachableError(NO_ANSWER)

    def _checked(self, target: Target, deadline: Deadline) -> list[Address]:
        literal = address_of(target.host)
        addresses = [literal] if literal is not None else self._resolved(target, deadline)
        for address in addresses:
            allowed = is_public(address) or (target.is_internal and is_internal(address))
            if not allowed or self.is_own(str(address), target.port):
                raise UrlRefusedError(_REFUSED)
        return addresses

    def _resolved(self, target: Target, deadline: Deadline) -> list[Address]:
        found: list[Address] = []
        done = threading.Event()

        def ask() -> None:
            try:
                found.extend(ip_address(text) for text in self.resolve(target.host, target.port))
            except (OSError, ValueError, UnicodeError):
                # Found nothing, or not only addresses.
                found.clear()
            done.set()

        # The system's resolver has no time limit of its own; a thread that it keeps ends with the process.
        threading.Thread(target=ask, daemon=True).start()
        while not done.wait(deadline.wait_s()):
            continue
        if not found:
            raise UnreachableError(NO_ANSWER)
        return found

    def _secured(self, connection: socket.socket, target: Target, deadline: Deadline) -> socket.socket:
        if target.scheme == "http":
            return connection
        try:
            connection.settimeout(deadline.left_s())
            return self.context.wrap_socket(connection, server_hostname=target.host)
        except (OSError, ValueError):
            connection.close()
            raise UnreachableError(NO_ANSWER) from None
        except BaseException:
            connection.close()
            raise

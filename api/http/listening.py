"""The address that a process listens on, and who can reach it."""

import errno
import socket
from ipaddress import ip_address
from typing import Any, Final

from api.settings import ApiSettings
from contracts.errors import LaunchError
from contracts.network_address import host_and_port

BACKLOG: Final = 256
_UNSENT_IN_KERNEL_BYTES: Final = 64 * 1024

# Family, kind and protocol of a socket, and the address to bind it to.
_Resolved = tuple[socket.AddressFamily, socket.SocketKind, int, Any]


def check_reach(settings: ApiSettings, host: str, port: int) -> None:
    """Refuse to serve others than this machine without keys, unless that was asked for.

    Raises:
        LaunchError: it was not asked for, or the host is not an address.
    """
    if not (settings.api_keys or settings.open or is_loopback(host, port)):
        raise LaunchError(
            f"other machines can reach {host}, and no API key is set, so anybody there could use "
            "the service; set LOOKALIKE_API_KEYS (or LOOKALIKE_API_KEYS_FILE), listen on 127.0.0.1, or pass --open "
            "(LOOKALIKE_OPEN=true) if it is meant to be open"
        )


def is_loopback(host: str, port: int) -> bool:
    """Whether only this machine can reach what listens on a host.

    Raises:
        LaunchError: it is not an address.
    """
    address = str(_resolve(host, port)[3][0])
    return ip_address(address.partition("%")[0]).is_loopback


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address; port 0 takes any free one.

    Raises:
        LaunchError: the port is taken, or it is not an address of this machine.
    """
    family, kind, protocol, address = _resolve(host, port)
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            # Accepted connections inherit it. The kernel then takes an answer in small steps, so a client that reads
            # slowly can be told from one that does not read.
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT_IN_KERNEL_BYTES)
        listener.bind(address)
        # Listening now makes a second process fail here, before it opens its index.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise LaunchError(
                f"port {port} of {host} is taken; stop the program that listens there, or choose another with --port"
            ) from error
        raise LaunchError(
            f"cannot listen on {host_and_port(host, port)} ({error.strerror}); choose another address"
        ) from error
    listener.setblocking(False)
    return listener


def _resolve(host: str, port: int) -> _Resolved:
    # Some systems take the port modulo 65,536.
    if not 0 <= port <= 65_535:
        raise LaunchError(f"port {port} does not exist; choose one from 1024 to 65535 with --port")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, OverflowError, UnicodeError) as error:
        raise LaunchError(
            f"{host_and_port(host, port)} is not an address to listen on ({error}); choose another --host"
        ) from error
    return family, kind, protocol, address

"""Checks that a port is free before minutes of work rather than after."""

import errno
import socket

from contracts.errors import LaunchError
from contracts.network_address import host_and_port


def check_port_is_free(host: str, port: int) -> None:
    """Bind the address for a moment.

    Raises:
        LaunchError: it is taken, needs more rights, or is not an address of this machine.
    """
    if not 0 < port < 65536:
        raise LaunchError(f"port {port} does not exist; choose one from 1024 to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise LaunchError(
                f"port {port} is taken by another program; stop it, or choose another port "
                f"(make demo PORT={_another(port)}, or --port {_another(port)})"
            ) from None
        if error.errno == errno.EACCES:
            raise LaunchError(f"port {port} needs root privileges; choose one from 1024 on, such as 8000") from None
        raise LaunchError(f"cannot listen on {host_and_port(host, port)}: {error.strerror or error}") from None


def _another(port: int) -> int:
    return port + 1 if port < 65535 else 8000

"""Whether a port can be had, said before minutes of work and not after."""

import errno
import socket

from contracts.errors import LaunchError


def check_port_is_free(host: str, port: int) -> None:
    """Bind the address for a moment.

    Raises:
        LaunchError: it is taken, reserved, or no address of this machine.
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
            raise LaunchError(f"port {port} needs more rights; choose one from 1024 on, such as 8000") from None
        raise LaunchError(f"{host}:{port} cannot be listened on: {error.strerror or error}") from None


def _another(port: int) -> int:
    return port + 1 if port < 65535 else 8000

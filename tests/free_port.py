"""A port for a server that must be told its port before it starts."""

import random
import socket

# Below the ports that the system gives to outgoing connections: one of those could take it before the server does.
_PORTS = range(20_000, 32_000)


def free_port() -> int:
    """A random port of this machine that nobody listens on; tests that run side by side get different ones."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port

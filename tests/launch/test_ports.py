import socket

import pytest

from contracts.errors import LaunchError
from launch.ports import check_port_is_free


def test_a_free_port_passes() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    check_port_is_free("127.0.0.1", port)


def test_a_taken_port_is_said_with_another_to_try() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(LaunchError, match=rf"port {port} is taken.*--port {port + 1}"):
            check_port_is_free("127.0.0.1", port)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("192.0.2.1", 8000), ("no.such.host.invalid", 8000)])
def test_addresses_that_cannot_be(host: str, port: int) -> None:
    with pytest.raises(LaunchError):
        check_port_is_free(host, port)

import socket

import pytest

from api.http.listening import is_loopback, listen
from contracts.errors import LaunchError
from contracts.network_address import host_and_port
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


def test_addresses_are_said_as_in_a_url() -> None:
    assert host_and_port("::", 8000) == "[::]:8000"
    with pytest.raises(LaunchError, match=r"\[2001:db8::1\]:8000"):
        check_port_is_free("2001:db8::1", 8000)
    with pytest.raises(LaunchError, match=r"\[2001:db8::1\]:8000"):
        listen("2001:db8::1", 8000)


@pytest.mark.parametrize("port", [99_999, 65_536, -1])
def test_a_port_that_does_not_exist(port: int) -> None:
    with pytest.raises(LaunchError, match=f"port {port} does not exist"):
        listen("127.0.0.1", port)
    with pytest.raises(LaunchError, match=f"port {port} does not exist"):
        is_loopback("127.0.0.1", port)

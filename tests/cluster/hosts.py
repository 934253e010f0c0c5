"""Several hosts on this machine: network namespaces on one switch, each with an address of its own.

A host that is cut off gets no packets and sends none, and nobody is told that it is gone, as when a cable is pulled.
A killed process cannot imitate that, because the kernel of its machine still answers for it.
"""

import functools
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from launch.end_with_parent import end_with_parent
from tests.cluster.switch import Cable, Switch

_NETWORK = "10.77.0"
_DEVICE = "eth0"


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


@dataclass(frozen=True, slots=True)
class Host:
    """A machine of the test.

    Attributes:
        name: for people.
        address: on the switch, which nobody outside reaches.
        namespace: its name for `ip netns`.
        cable: to the switch.
    """

    name: str
    address: str
    namespace: str
    cable: Cable

    def command(self, *command: str) -> list[str]:
        """A command line that runs a program on this host."""
        return ["ip", "netns", "exec", self.namespace, *command]

    def start(self, *command: str, **options: Any) -> "subprocess.Popen[str]":
        """Start a program on this host, which ends with the test at the latest; options as for `Popen`."""
        return subprocess.Popen(
            self.command(*command), text=True, preexec_fn=end_with_parent(signal.SIGKILL), **options
        )

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """Inside, no packet comes from this host or reaches it."""
        self.cable.is_cut = True
        try:
            yield
        finally:
            self.cable.is_cut = False

    @contextmanager
    def slow(self, *, delay_s: float = 0.0, loss: float = 0.0) -> Iterator[None]:
        """Inside, what is sent to this host comes late, or a share of it never."""
        self.cable.delay_s, self.cable.loss = delay_s, loss
        try:
            yield
        finally:
            self.cable.delay_s = self.cable.loss = 0.0


@dataclass
class Network:
    """A switch, and the hosts at it.

    Attributes:
        switch: that connects them.
    """

    switch: Switch
    _hosts: list[Host] = field(default_factory=list)

    def add(self, name: str) -> Host:
        """Another host."""
        namespace = f"lookalike-{os.getpid()}-{name}"
        address = f"{_NETWORK}.{len(self._hosts) + 1}"
        _ip("netns", "add", namespace)
        try:
            _ip("-n", namespace, "tuntap", "add", _DEVICE, "mode", "tap")
            cable = self.switch.connect(namespace, _DEVICE)
            _ip("-n", namespace, "address", "add", f"{address}/24", "dev", _DEVICE)
            for device in ("lo", _DEVICE):
                _ip("-n", namespace, "link", "set", device, "up")
        except OSError:
            _ip("netns", "delete", namespace)
            raise
        host = Host(name, address, namespace, cable)
        self._hosts.append(host)
        return host

    def close(self) -> None:
        """Remove the hosts; their programs have ended."""
        self.switch.close()
        for host in self._hosts:
            _ip("netns", "delete", host.namespace)


@contextmanager
def network() -> Iterator[Network]:
    """A switch without hosts, which is removed with all of them; skips the test where that is not possible."""
    if why := _why_not():
        pytest.skip(why)
    network = Network(Switch())
    try:
        yield network
    finally:
        network.close()


@functools.cache
def _why_not() -> str | None:
    """Why this machine cannot be several hosts, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None:
        return "`ip` of iproute2 is not installed; run scripts/system_packages.sh"
    network = Network(Switch())
    try:
        # A container may lack the rights or the device, and its kernel the modules.
        network.add("try")
    except OSError as error:
        return f"this machine makes no network namespaces with TAP devices ({error})"
    finally:
        network.close()
    return None

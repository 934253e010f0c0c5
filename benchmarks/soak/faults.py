"""The faults of a soak: each is done to one process of a running `lookalike serve`, once."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import redis

from contracts.errors import LaunchError

_LASTS_S: Final = 3.0
_CUTS: Final = 6
_BETWEEN_CUTS_S: Final = 0.35


@dataclass(frozen=True, slots=True)
class Service:
    """A running `lookalike serve`.

    Attributes:
        pid: of the process that started the others.
        redis_url: of its embedded Redis.
    """

    pid: int
    redis_url: str

    def process(self, mark: str) -> int:
        """The child process whose command line has a word that contains `mark`.

        Raises:
            LaunchError: there is none.
        """
        for child in self._children():
            words = Path(f"/proc/{child}/cmdline").read_bytes().decode(errors="replace").split("\0")
            if any(mark in word for word in words):
                return int(child)
        raise LaunchError(f"`lookalike serve` has no process of the kind {mark!r} at the moment")

    def memory_mb(self) -> float:
        """Proportional set size of all its child processes."""
        return sum(_pss_mb(child) for child in self._children())

    def _children(self) -> list[str]:
        return Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()


def _pss_mb(pid: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0  # it has just ended
    return sum(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def _send(mark: str, number: signal.Signals) -> Callable[[Service], None]:
    return lambda service: os.kill(service.process(mark), number)


def _stop(mark: str, seconds: float) -> Callable[[Service], None]:
    def stop(service: Service) -> None:
        pid = service.process(mark)
        os.kill(pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(pid, signal.SIGCONT)

    return stop


def _read_only(service: Service) -> None:
    with redis.Redis.from_url(service.redis_url) as admin:
        admin.execute_command("REPLICAOF", "127.0.0.1", "1")
        time.sleep(_LASTS_S)
        admin.execute_command("REPLICAOF", "NO", "ONE")


def _full(service: Service) -> None:
    with redis.Redis.from_url(service.redis_url) as admin:
        before = admin.config_get("maxmemory")["maxmemory"]
        admin.config_set("maxmemory", "1")
        time.sleep(_LASTS_S)
        admin.config_set("maxmemory", before)


def _empty(service: Service) -> None:
    with redis.Redis.from_url(service.redis_url) as admin:
        admin.flushall()


def _cut(service: Service) -> None:
    with redis.Redis.from_url(service.redis_url) as admin:
        for _ in range(_CUTS):
            admin.client_kill_filter(_type="normal", skipme=True)
            time.sleep(_BETWEEN_CUTS_S)


# While the API is down, questions about items have no answer.
WITHOUT_API: Final = frozenset({"API killed", "API told to end"})
FAULTS: Final[dict[str, Callable[[Service], None]]] = {
    "none": lambda _: None,
    "worker killed": _send("worker", signal.SIGKILL),
    "worker told to end": _send("worker", signal.SIGTERM),
    "worker stands still": _stop("worker", 20.0),
    "API killed": _send("api", signal.SIGKILL),
    "API told to end": _send("api", signal.SIGTERM),
    "Redis killed": _send("valkey-server", signal.SIGKILL),
    "Redis stands still": _stop("valkey-server", 8.0),
    "Redis read-only": _read_only,
    "Redis full": _full,
    "Redis emptied": _empty,
    "connections cut": _cut,
}

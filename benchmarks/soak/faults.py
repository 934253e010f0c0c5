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
        for child in Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_bytes().decode(errors="replace").split("\0")
            if any(mark in word for word in words):
                return int(child)
        raise LaunchError(f"`lookalike serve` has no process of the kind {mark!r} at the moment")


def _kill(mark: str) -> Callable[[Service], None]:
    return lambda service: os.kill(service.process(mark), signal.SIGKILL)


def _stand_still(service: Service) -> None:
    pid = service.process("valkey-server")
    os.kill(pid, signal.SIGSTOP)
    time.sleep(_LASTS_S)
    os.kill(pid, signal.SIGCONT)


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


def _cut(service: Service) -> None:
    with redis.Redis.from_url(service.redis_url) as admin:
        admin.client_kill_filter(_type="normal", skipme=True)


# Only a killed API may leave a question about items unanswered.
KILLED_API: Final = "API killed"
FAULTS: Final[dict[str, Callable[[Service], None]]] = {
    "none": lambda _: None,
    "worker killed": _kill("worker"),
    KILLED_API: _kill("api"),
    "Redis killed": _kill("valkey-server"),
    "Redis stands still": _stand_still,
    "Redis read-only": _read_only,
    "Redis full": _full,
    "connections cut": _cut,
}

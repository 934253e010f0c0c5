"""Servers that a benchmark starts, asks and stops."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Final

from contracts.errors import LaunchError

HOST: Final = "127.0.0.1"
SERVE: Final = (sys.executable, "-m", "lookalike", "serve")
_START_TIMEOUT_S = 120.0


@contextmanager
def process(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[int]:
    """Run a process for as long as the block runs; the block is given its id.

    Raises:
        LaunchError: the block raised it; the end of what the process wrote is added.
    """
    with tempfile.TemporaryFile() as log:
        # A group of its own, because some peers leave their children behind.
        started = subprocess.Popen(command, env=dict(environment), stdout=log, stderr=log, start_new_session=True)
        try:
            yield started.pid
        except LaunchError as error:
            log.seek(0)
            raise LaunchError(f"{error}\n{log.read()[-3000:].decode(errors='replace')}") from error
        finally:
            started.terminate()
            try:
                started.wait(30)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(started.pid, signal.SIGKILL)


def wait_for(url: str, *, every_s: float = 0.1) -> None:
    """Ask until there is an answer.

    Raises:
        LaunchError: there is none within two minutes.
    """
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        if _answers(url):
            return
        time.sleep(every_s)
    raise LaunchError(f"{url} did not answer within {_START_TIMEOUT_S:.0f} s")


def get(url: str, headers: Mapping[str, str] | None = None) -> bytes:
    """The body of an answer."""
    request = urllib.request.Request(url, headers=dict(headers or {}))  # noqa: S310 - our own http address
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        get(url)
    except (urllib.error.URLError, OSError):
        return False
    return True

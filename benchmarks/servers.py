"""Servers that a benchmark starts, waits for and ends."""

import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from contracts.errors import LaunchError

HOST: Final = "127.0.0.1"
SERVE: Final = (sys.executable, "-m", "lookalike", "serve")
_START_TIMEOUT_S: Final = 120.0


@contextmanager
def process(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[int]:
    """Run a command; its output is part of a `LaunchError` that is raised meanwhile.

    Yields:
        Its process id.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, env=dict(environment), stdout=log, stderr=log)
        try:
            yield process.pid
        except LaunchError as error:
            log.seek(0)
            raise LaunchError(f"{error}\n{log.read()[-3000:].decode(errors='replace')}") from error
        finally:
            process.terminate()
            process.wait(30)


def wait_for(url: str, *, every_s: float = 0.1) -> None:
    """Wait until a GET succeeds.

    Raises:
        LaunchError: it does not within two minutes.
    """
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        if _succeeds(lambda: get(url)):
            return
        time.sleep(every_s)
    raise LaunchError(f"{url} did not answer within {_START_TIMEOUT_S:.0f} s")


def _succeeds(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (urllib.error.URLError, OSError):
        return False
    return True


def get(url: str) -> bytes:
    """The content of an answer."""
    with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own http address
        content: bytes = answer.read()
        return content


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])

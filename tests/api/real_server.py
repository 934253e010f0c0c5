"""Starts the API as a process of its own, and asks it over real sockets."""

import contextlib
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from tests.served_elsewhere import asked_for

_PROGRAM = """
import signal, sys
from pathlib import Path
from api.serving import run_api
from api.settings import read_settings
# Whoever runs the tests may ignore it, as nohup does.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
sys.exit(run_api(read_settings(), Path(sys.argv[1]), "127.0.0.1", 0))
"""
_ENVIRONMENT = {
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "LOOKALIKE_BODY_IDLE_S": "0.5",
    "LOOKALIKE_HEADER_TIMEOUT_S": "0.5",
    "LOOKALIKE_MAX_CONNECTIONS": "20",
    # What the tests that write their own heads call it.
    "LOOKALIKE_ALLOWED_HOSTS": "x",
    "PATH": "/usr/bin:/bin",
}


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[str]
    port: int

    def curl(self, path: str, *options: str) -> tuple[int, str]:
        """Status and body of what curl got; fails where curl does."""
        done = subprocess.run(
            [
                "curl",
                "-sS",
                "--max-time",
                "20",
                "-w",
                "\n%{http_code}",
                *options,
                f"http://127.0.0.1:{self.port}{path}",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        """A connection from an address of this machine."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20, source_address=(source, 0))

    def peak_bytes(self) -> int:
        """The most memory that the process has had."""
        (line,) = (
            line for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines() if "VmHWM" in line
        )
        return int(line.split()[1]) * 1024

    def processor_s(self) -> float:
        """What the process has computed so far, which no other process adds to, in seconds."""
        used = psutil.Process(self.process.pid).cpu_times()
        return used.user + used.system

    def exchange(self, request: bytes) -> bytes:
        """All that comes back until the server closes the connection."""
        with self.connect() as connection:
            connection.sendall(request)
            return read_to_end(connection)


@contextlib.contextmanager
def running(bundles: Path, **settings: str) -> Iterator[Server]:
    """A server of these bundles; settings by the names of their variables, an empty one to leave out."""
    elsewhere = asked_for()
    if elsewhere is not None and bundles.is_dir():
        elsewhere.load_all(bundles)
        settings = {"LOOKALIKE_SEARCH_URL": elsewhere.url, "LOOKALIKE_SEARCH_TIMEOUT_S": "20", **settings}
    given = {name: value for name, value in {**_ENVIRONMENT, **settings}.items() if value}
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(bundles)],
        env=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert process.stderr is not None
        for line in process.stderr:
            found = re.search(r"at http://127\.0\.0\.1:(\d+)", line)
            if found:
                server = Server(process, int(found[1]))
                _wait_for_machine_code(server, given.get("LOOKALIKE_API_KEYS", ""))
                yield server
                break
        else:
            pytest.fail("the server did not start")
    finally:
        process.kill()
        process.communicate()


def _wait_for_machine_code(server: Server, key: str) -> None:
    """Preparing it takes memory and time beside the answers, which tests measure."""
    deadline = time.monotonic() + 60.0
    while "lookalike_search_compiled 1.0" not in server.curl("/metrics", "-H", f"X-API-Key: {key}")[1]:
        assert time.monotonic() < deadline, "the search was not compiled"
        time.sleep(0.1)


def read_to_end(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65_536):
        received += chunk
    return received


def send_all(server: Server, data: bytes) -> bytes:
    """Send all of it, or as much as the server takes, then read all of its answer."""
    with server.connect() as connection:
        with contextlib.suppress(ConnectionError):
            connection.sendall(data)
        with contextlib.suppress(ConnectionError):
            return read_to_end(connection)
    return b""

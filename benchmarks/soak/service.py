"""The service that a soak runs against: `lookalike serve` with its own Redis, and the memory it takes."""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.soak.faults import Service
from benchmarks.soak.requests import Question, ask
from contracts.errors import LaunchError
from contracts.settings_names import FILE_SUFFIX, REDIS_URL
from storage.run_file import embedded_redis_url

HOST: Final = "127.0.0.1"
_START_TIMEOUT_S: Final = 120.0
_LOOK_EVERY_S: Final = 2.0
_WINDOW_S: Final = 30.0


@contextmanager
def served(bundles: Path) -> Iterator[tuple[Service, int]]:
    """Serve a folder of bundles inside the block.

    Yields:
        The service, and the port of its API.

    Raises:
        LaunchError: it does not start; or the block raised one, and the end of the service's log is added.
    """
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port = int(probe.getsockname()[1])
    environment = {
        name: value for name, value in os.environ.items() if name not in {REDIS_URL, REDIS_URL + FILE_SUFFIX}
    }
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "lookalike", "serve", str(bundles), "--host", HOST, "--port", str(port)],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            deadline = time.monotonic() + _START_TIMEOUT_S
            while ask(HOST, port, Question("", "GET", "/readyz")).status != 200:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise LaunchError("`lookalike serve` did not get ready")
                time.sleep(0.1)
            yield Service(process.pid, embedded_redis_url(bundles) or ""), port
        except LaunchError as error:
            log.seek(0)
            raise LaunchError(f"{error}; its log ends with\n{log.read()[-3000:].decode(errors='replace')}") from error
        finally:
            process.terminate()
            process.wait(60)


class MemoryRecord:
    """Looks every two seconds at the memory of the service's processes together; a context manager.

    Attributes:
        looks: (seconds since the start, megabytes). Megabytes are proportional set sizes, so shared pages count once.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.looks: list[tuple[float, float]] = []

    def __enter__(self) -> "MemoryRecord":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()

    def most_mb(self, *, from_s: float, to_s: float) -> float:
        """The most that was taken in a part of the run, as medians of half minutes; 0 if there was no look.

        A median, because for a moment an old process and the one that replaces it run side by side.
        """
        windows: dict[int, list[float]] = {}
        for at, megabytes in self.looks:
            if from_s <= at < to_s:
                windows.setdefault(int(at // _WINDOW_S), []).append(megabytes)
        return max(map(statistics.median, windows.values()), default=0.0)

    def _run(self) -> None:
        started = time.monotonic()
        while not self._stopping.wait(_LOOK_EVERY_S):
            self.looks.append((time.monotonic() - started, self._service.memory_mb()))

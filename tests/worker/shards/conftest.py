"""A Redis, and a worker of extractions with the fake engine that is started again whenever it dies."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from launch.embedded_redis import EmbeddedRedis
from worker.connection import connect


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis() as running:
        yield running


class ShardWorker:
    """The worker processes that have lived; `log` is what they have said."""

    def __init__(self, redis_url: str, folder: Path, shared: str, *, roots: str | None = None) -> None:
        self.shared, self.log = shared, folder / "worker.log"
        self.roots = folder / "catalogues"
        self.roots.mkdir()
        fake = Path(__file__).with_name("fake_shard_worker.py")
        repository = Path(__file__).parents[3]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(fake), redis_url, shared, roots or str(self.roots), "--picture-ms", "3"],
                cwd=repository,
                env={**os.environ, "PYTHONPATH": str(repository)},
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self.pids: list[int] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        stdout = self.process.stdout
        # Celery says there that it shuts down.
        for line in stdout or ():
            if line.strip().isdigit():
                self.pids.append(int(line))

    def said(self, text: str) -> int:
        """How often the workers have said something."""
        return self.log.read_text().count(text)

    def tidy(self) -> None:
        """Remove what runs that failed have left for their next run."""
        for left in Path(self.shared).iterdir():
            shutil.rmtree(left)

    def stop(self) -> int:
        """End on request; returns the exit status."""
        self.process.terminate()
        status = self.process.wait(20)
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()
        return status


@pytest.fixture(scope="module")
def worker(server: EmbeddedRedis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShardWorker]:
    folder = tmp_path_factory.mktemp("shards")
    running = ShardWorker(server.url, folder, str(folder / "shared"))
    yield running
    assert running.stop() == 0, running.log.read_text()


@pytest.fixture
def shared(worker: ShardWorker) -> Path:
    return Path(worker.shared)


@pytest.fixture
def draw(worker: ShardWorker, request: pytest.FixtureRequest) -> Callable[[int], Path]:
    """Makes a catalogue of pictures that differ, below what the worker may read."""

    def make(pictures: int) -> Path:
        root: Path = worker.roots / str(request.node.name)
        root.mkdir()
        generator = np.random.default_rng(len(request.node.name))
        for number in range(pictures):
            pixels = generator.integers(0, 255, (40, 32, 3), np.uint8)
            Image.fromarray(pixels).save(root / f"{number:03}.png")
        return root

    return make


@pytest.fixture
def attempts(server: EmbeddedRedis) -> Callable[[], int]:
    """How many shards workers have begun and not finished."""

    def count() -> int:
        with connect(server.url) as connection:
            return len(connection.keys("att:extract:*"))

    return count


def wait_until(true: Callable[[], bool], *, timeout_s: float = 15.0) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def kill(pid: int) -> None:
    """End a process at once."""
    os.kill(pid, signal.SIGKILL)

"""Real processes and real pictures for the tests of the embedding client."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from api.embedding.client import EmbeddingClient
from contracts.box import Box
from pictures.decoding import decode
from tests.worker.fake_engine import INPUT_SIZE, FakeEngine

REPOSITORY = Path(__file__).parents[2]
VERSION = "fake-1"


class WorkerProcess:
    """A real Celery worker in its own process; inside its `with` block it is ready."""

    def __init__(self, redis_url: str, *options: str, version: str = VERSION) -> None:
        self.command = [
            sys.executable,
            str(REPOSITORY / "tests/worker/fake_worker.py"),
            redis_url,
            "--version",
            version,
            *options,
        ]
        self.log: list[str] = []
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        self.wait_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join()
        if error is not None:
            sys.stderr.writelines(self.log[-60:])

    def start(self) -> None:
        self._ready.clear()
        self.process = subprocess.Popen(
            self.command,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self._reader = threading.Thread(target=self._read_log)
        self._reader.start()

    def wait_ready(self) -> None:
        assert self._ready.wait(60), "".join(self.log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Inside, the process stands still, so that what is asked stays unanswered."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def restart(self) -> None:
        self.start()
        self.wait_ready()

    def _read_log(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self.log.append(line)
                if "ready: model" in line:
                    self._ready.set()


def photo(seed: int = 0, *, width: int = 60, height: int = 80) -> bytes:
    """A PNG of smooth noise: every seed another picture."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 6, 3), dtype=np.uint8)
    return _png(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def plain(colour: tuple[int, int, int]) -> bytes:
    """A PNG of one colour; see `fake_engine` for those that make trouble."""
    return _png(Image.new("RGB", (40, 40), colour))


def embedding_of(picture: bytes, box: Box | None = None) -> NDArray[np.float32]:
    """What the fake network says, computed here."""
    engine = FakeEngine()
    pixels = decode(picture, box=box, target=INPUT_SIZE).pixels
    return engine.embed(engine.preprocess(pixels)[None]).embeddings.reshape(-1)


@asynccontextmanager
async def running(client: EmbeddingClient) -> AsyncIterator[EmbeddingClient]:
    """The client, started; stopped whatever happens."""
    await client.start()
    try:
        yield client
    finally:
        await client.stop()


async def until(holds: Callable[[], bool], *, timeout_s: float = 30.0) -> None:
    """Wait for what no event tells."""
    async with asyncio.timeout(timeout_s):
        while not holds():  # noqa: ASYNC110 - Redis keys and processes send no event
            await asyncio.sleep(0.005)


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()

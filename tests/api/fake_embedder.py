"""A deterministic embedder without queue, worker or network: colours of a coarse grid of the picture."""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from api.embedding.admitted import Admitted, Deadline
from api.embedding.embedder import QueueHealth
from api.http.problems import ServiceProblem
from contracts.box import Box
from contracts.embedding_reply import Embedded
from contracts.embedding_set import EMBEDDING_DIMENSIONS, ModelIdentity
from contracts.garments import Garment
from pictures.decoding import decode

IDENTITY = ModelIdentity("fake-0123456789ab", "fake", "fake", 8)
_GRID = 8


def embed_pixels(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(512,) float32 of (H, W, 3) uint8: mean colours of a grid, spread over all dimensions."""
    rows = np.array_split(pixels.astype(np.float32) / 255.0, _GRID, axis=0)
    cells = [cell.mean(axis=(0, 1)) for row in rows for cell in np.array_split(row, _GRID, axis=1)]
    spread = np.random.Generator(np.random.PCG64(7)).standard_normal((_GRID * _GRID * 3, EMBEDDING_DIMENSIONS))
    embedding: NDArray[np.float32] = (np.concatenate(cells) @ spread).astype(np.float32)
    return embedding


@dataclass
class FakeEmbedder:
    """Answers at once, or as it is told.

    Attributes:
        timeout_s: within which an admitted photo must be answered.
        refusal: where set, nothing is admitted.
        problems: raised one after the other before anything is answered.
        category: what every photo is taken for.
        objects: garments of every photo, if they are asked for; the first one is searched.
        model_version: of the index that it embeds for.
        worker_version: of the workers, where that is another.
        gate: where set, no answer leaves before the event.
        asked: how often an embedding was asked for.
        in_flight, most_in_flight: how many at a time.
        cancelled: how many were given up by who asked.
        entered: set when an embedding is asked for.
    """

    state: QueueHealth = field(default_factory=lambda: QueueHealth(True, True, "ok", "ok"))
    problems: list[ServiceProblem] = field(default_factory=list)
    category: tuple[str, float] | None = None
    objects: tuple[Garment, ...] | None = None
    model_version: str = IDENTITY.version
    worker_version: str | None = None
    gate: asyncio.Event | None = None
    timeout_s: float = 10.0
    refusal: ServiceProblem | None = None
    started: int = 0
    stopped: int = 0
    asked: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    cancelled: int = 0
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        self.started += 1

    async def stop(self) -> None:
        self.stopped += 1

    def health(self) -> QueueHealth:
        return self.state

    async def embed(
        self, picture: bytes, *, box: Box | None = None, detect: bool = False, timeout_s: float | None = None
    ) -> Embedded:
        self.asked += 1
        self.entered.set()
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await asyncio.sleep(0)
            if self.problems:
                raise self.problems.pop(0)
            if self.gate is not None:
                await self.gate.wait()
            if self.worker_version not in (None, self.model_version):
                raise ServiceProblem("model_mismatch", f"a worker of model {self.worker_version} answered")
            return self._reply(picture, box, self.objects if detect else None)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.in_flight -= 1

    @contextlib.contextmanager
    def admit(self, upload_bytes: int) -> Iterator[Admitted]:
        async def embed(picture: bytes, box: Box | None, detect: bool, deadline: Deadline) -> Embedded:
            return await self.embed(picture, box=box, detect=detect)

        self.check_room(upload_bytes)
        yield Admitted(embed, Deadline.after(self.timeout_s))

    def check_room(self, upload_bytes: int) -> None:
        if self.refusal is not None:
            raise self.refusal

    def _reply(self, picture: bytes, box: Box | None, objects: tuple[Garment, ...] | None) -> Embedded:
        chosen_box = objects[0].box if objects and box is None else None
        decoded = decode(picture, box=box or chosen_box, target=64)
        return Embedded(
            job_id="0" * 32,
            model_version=self.model_version,
            embedding=embed_pixels(decoded.pixels),
            category=self.category,
            width=decoded.width,
            height=decoded.height,
            decode_ms=0.5,
            embed_ms=1.5,
            objects=objects,
            chosen_box=chosen_box,
        )

"""One engine thread that embeds whatever waits when it becomes free.

There is no timer: a lone picture never waits, and under load a batch grows while the one before it
is computed. A batch that the engine refuses is tried again picture by picture, so that one bad
picture costs nobody else; one that does not fit the accelerator's memory is halved.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from contracts.errors import PictureRejected
from worker.engine import EmbeddingEngine, is_out_of_memory

logger = logging.getLogger(__name__)


class EngineFailedError(RuntimeError):
    """The engine could not embed this picture, for a reason that is not the picture's."""


@dataclass(frozen=True, slots=True)
class EmbeddedPicture:
    """One picture's share of a forward pass.

    Attributes:
        embedding: (512,) float32, finite, not zero.
        category: best class and its probability, or None.
        embed_ms: duration of the whole batch's forward pass.
    """

    embedding: NDArray[np.float32]
    category: tuple[str, float] | None
    embed_ms: float


@dataclass(frozen=True, slots=True)
class _Waiting:
    picture: NDArray[np.uint8]
    alone: bool
    result: "Future[EmbeddedPicture]" = field(default_factory=Future)


class Batcher:
    """Collects pictures from many threads and embeds them in batches on one thread of its own.

    Args:
        engine: only its `embed` is used, from the engine thread.
        batch_limit: most pictures in one forward pass.
    """

    def __init__(self, engine: EmbeddingEngine, batch_limit: int) -> None:
        self._engine = engine
        self._batch_limit = batch_limit
        self._waiting: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._stopping = False
        self._busy_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Start the engine thread."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what waits, then end the engine thread; returns when it has ended."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    def embed(self, picture: NDArray[np.uint8], *, alone: bool = False) -> EmbeddedPicture:
        """Embed one picture, together with whatever else waits; blocks until it is done.

        Args:
            picture: (3, S, S) uint8.
            alone: give it a forward pass of its own.

        Raises:
            PictureRejected: `image_unreadable` when the network gives no usable embedding of it.
            EngineFailedError: the engine failed, or is no longer there.
        """
        waiting = _Waiting(picture, alone)
        with self._changed:
            if self._stopping or not self._thread.is_alive():
                raise EngineFailedError("the engine thread has ended")
            self._waiting.append(waiting)
            self._changed.notify()
        return waiting.result.result()

    def is_healthy(self, stuck_after_s: float) -> bool:
        """Whether the engine thread lives and its present forward pass began under `stuck_after_s` ago."""
        busy_since = self._busy_since
        return self._thread.is_alive() and (busy_since is None or time.monotonic() - busy_since < stuck_after_s)

    def _run(self) -> None:
        batch: list[_Waiting] = []
        try:
            self._engine.warm_up()
            while batch := self._take():
                self._busy_since = time.monotonic()
                self._embed(batch)
                self._busy_since = None
        finally:
            # Whatever ended the thread, nobody may wait for it for ever.
            with self._changed:
                self._stopping = True
                left = [*batch, *self._waiting]
                self._waiting.clear()
            for waiting in left:
                if not waiting.result.done():
                    waiting.result.set_exception(EngineFailedError("the engine thread has ended"))

    def _take(self) -> list[_Waiting]:
        """Everything that waits, up to the limit; empty when stopping and nothing is left."""
        with self._changed:
            while not self._waiting and not self._stopping:
                self._changed.wait()
            batch: list[_Waiting] = []
            while self._waiting and len(batch) < self._batch_limit:
                if batch and (self._waiting[0].alone or batch[0].alone):
                    break
                batch.append(self._waiting.popleft())
            return batch

    def _embed(self, batch: Sequence[_Waiting]) -> None:
        failure = self._try(batch)
        if failure is None:
            return
        # From here on the engine's exception is gone, and with it the tensors that its traceback held.
        if len(batch) == 1:
            logger.error("the engine failed on one picture: %s", failure.detail)
            batch[0].result.set_exception(EngineFailedError(failure.detail))
        elif failure.out_of_memory:
            half = len(batch) // 2
            self._batch_limit = min(self._batch_limit, half)
            logger.warning("out of memory with a batch of %d; batches hold %d from now on", len(batch), half)
            self._embed(batch[:half])
            self._embed(batch[half:])
        else:
            logger.warning(
                "the engine failed on a batch of %d: %s; trying each picture alone", len(batch), failure.detail
            )
            for waiting in batch:
                self._embed([waiting])

    def _try(self, batch: Sequence[_Waiting]) -> "_Failure | None":
        started = time.perf_counter()
        try:
            embedded = self._engine.embed(np.stack([waiting.picture for waiting in batch]))
            rows = list(zip(embedded.embeddings, embedded.categories, strict=True))
            if len(rows) != len(batch):
                return _Failure(f"the engine answered {len(rows)} pictures of {len(batch)}", out_of_memory=False)
        except Exception as error:  # the engine thread's edge: whatever an engine raises, the thread lives on
            return _Failure(f"{type(error).__name__}: {error!s:.300}", out_of_memory=is_out_of_memory(error))
        embed_ms = (time.perf_counter() - started) * 1000
        for waiting, (embedding, category) in zip(batch, rows, strict=True):
            _settle(waiting.result, np.array(embedding, np.float32), category, embed_ms)
        return None


@dataclass(frozen=True, slots=True)
class _Failure:
    detail: str
    out_of_memory: bool


def _settle(
    result: "Future[EmbeddedPicture]",
    embedding: NDArray[np.float32],
    category: tuple[str, float] | None,
    embed_ms: float,
) -> None:
    if np.isfinite(embedding).all() and embedding.any():
        result.set_result(EmbeddedPicture(embedding, category, embed_ms))
    else:
        result.set_exception(
            PictureRejected(
                "image_unreadable", "the network finds nothing in this picture to compare; send another picture"
            )
        )

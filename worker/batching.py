"""One engine thread that embeds all waiting pictures whenever it is free.

There is no timer: a single picture never waits, and under load a batch grows while the previous one
is computed. If the engine fails on a batch, each picture is tried alone, so that one bad picture
affects no other. A batch that does not fit the accelerator's memory is halved.

Photos of customers come before the pictures of jobs, which wait in the background. While photos come, the background is
embedded one at a time, because the next photo has to wait for it. After each it rests for as long as that one took,
because its decoding, too, takes time from photos.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddingEngine
from contracts.errors import PictureRejected
from contracts.trace_context import TraceContext
from tracing.spans import current_trace
from worker.out_of_memory import is_out_of_memory

logger = logging.getLogger(__name__)

_PHOTOS_RECENT_S: Final = 2.0
# After so long, a picture of the background joins a batch of photos.
_BACKGROUND_PATIENCE_S: Final = 0.25
# How often who waits looks whether that still makes sense.
_LOOK_S: Final = 0.1


class EngineFailedError(RuntimeError):
    """The engine failed on this picture, and the picture is not known to be the cause."""


class NobodyWaitsError(RuntimeError):
    """The picture was not wanted any more before its batch began."""


@dataclass(frozen=True, slots=True)
class EmbeddedPicture:
    """The result of a forward pass for one picture.

    Attributes:
        embedding: (512,) float32, finite, not zero.
        category: best class and its probability, or None.
        embed_ms: duration of the whole batch's forward pass, milliseconds.
    """

    embedding: NDArray[np.float32]
    category: tuple[str, float] | None
    embed_ms: float


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    picture: NDArray[np.uint8]
    alone: bool
    background: bool
    trace: TraceContext | None = field(default_factory=current_trace)
    since: float = field(default_factory=time.monotonic)
    result: "Future[EmbeddedPicture]" = field(default_factory=Future)


class Batcher:
    """Collects pictures from many threads and embeds them in batches on its own engine thread.

    Args:
        engine: `warm_up` and `embed` are called from the engine thread.
        batch_limit: most pictures in one forward pass.
        ended: told after each forward pass of the span that waits for each picture, of when the pass began and ended,
            nanoseconds since 1970, and whether it failed.
    """

    def __init__(
        self,
        engine: EmbeddingEngine,
        batch_limit: int,
        ended: Callable[[Sequence[TraceContext | None], int, int, bool], None] | None = None,
    ) -> None:
        self._engine = engine
        self._ended = ended
        self._pass_ended_ns = 0
        self._batch_limit = batch_limit
        self._photos: deque[_Waiting] = deque()
        self._background: deque[_Waiting] = deque()
        self._photo_at = float("-inf")
        self._rest_until = float("-inf")
        self._changed = threading.Condition()
        self._stopping = False
        self._busy_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Start the engine thread."""
        self._thread.start()

    def stop(self) -> None:
        """Embed all waiting pictures, end the engine thread and wait for its end."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join()

    def embed(
        self,
        picture: NDArray[np.uint8],
        *,
        alone: bool = False,
        background: bool = False,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> EmbeddedPicture:
        """Embed one picture, in a batch with others that wait; blocks until it is done.

        Args:
            picture: (3, S, S) uint8.
            alone: give it a forward pass of its own.
            background: photos of customers come first.
            is_wanted: whether somebody still waits for it; asked again and again, so it must cost nothing.

        Raises:
            NobodyWaitsError: it was not wanted any more, and was not embedded.
            PictureRejected: `image_unreadable` when the network gives no usable embedding of it.
            EngineFailedError: the engine failed, or its thread has ended.
        """
        waiting = _Waiting(picture, alone, background)
        with self._changed:
            if self._stopping or not self._thread.is_alive():
                raise EngineFailedError("the engine thread has ended")
            if background:
                self._background.append(waiting)
            else:
                self._photos.append(waiting)
                self._photo_at = time.monotonic()
            self._changed.notify()
        while is_wanted():
            with suppress(TimeoutError):
                return waiting.result.result(_LOOK_S)
        return self._withdrawn(waiting)

    def _withdrawn(self, waiting: _Waiting) -> EmbeddedPicture:
        """Take back a picture that waits; one whose batch has begun is embedded all the same."""
        with self._changed:
            line = self._background if waiting.background else self._photos
            if waiting in line:
                line.remove(waiting)
                raise NobodyWaitsError
        return waiting.result.result()

    def is_healthy(self, stuck_after_s: float) -> bool:
        """Whether the engine thread is alive and its current forward pass, if any, began under `stuck_after_s` ago."""
        busy_since = self._busy_since
        return self._thread.is_alive() and (busy_since is None or time.monotonic() - busy_since < stuck_after_s)

    def _run(self) -> None:
        batch: list[_Waiting] = []
        try:
            self._engine.warm_up()
            while batch := self._take():
                self._busy_since = began = time.monotonic()
                self._embed_or_fail(batch)
                self._busy_since = None
                if all(waiting.background for waiting in batch):
                    ended = time.monotonic()
                    self._rest_until = ended + (ended - began)
        finally:
            # However the thread ended, no caller may wait for ever.
            with self._changed:
                self._stopping = True
                left = [*batch, *self._photos, *self._background]
                self._photos.clear()
                self._background.clear()
            for waiting in left:
                if not waiting.result.done():
                    waiting.result.set_exception(EngineFailedError("the engine thread has ended"))

    def _take(self) -> list[_Waiting]:
        """Take waiting pictures, up to the limit, photos first; empty when stopping and none are left."""
        with self._changed:
            while not self._photos and not self._stopping and (not self._background or self._rest_s() > 0):
                self._changed.wait(self._rest_s() if self._background else None)
            batch: list[_Waiting] = []
            now, limit = time.monotonic(), self._batch_limit
            if self._photos and self._background and now - self._background[0].since > _BACKGROUND_PATIENCE_S:
                # One place is the background's, because photos without a pause must not stop jobs.
                _move(self._photos, batch, max(1, limit - 1))
                _move(self._background, batch, min(limit, len(batch) + 1))
                return batch
            _move(self._photos, batch, limit)
            if not batch:
                # The next photo waits until this batch is done.
                _move(self._background, batch, 1 if now - self._photo_at < _PHOTOS_RECENT_S else limit)
            return batch

    def _rest_s(self) -> float:
        """How long the background must wait while photos come, seconds."""
        now = time.monotonic()
        return self._rest_until - now if now - self._photo_at < _PHOTOS_RECENT_S else 0.0

    def _embed_or_fail(self, batch: Sequence[_Waiting]) -> None:
        try:
            self._embed(batch)
        except Exception:  # the engine thread's edge: without this thread the worker is of no use
            logger.exception("a batch of %d failed unexpectedly", len(batch))
            for waiting in batch:
                if not waiting.result.done():
                    waiting.result.set_exception(EngineFailedError("the batch failed unexpectedly"))

    def _embed(self, batch: Sequence[_Waiting]) -> None:
        began_ns = time.time_ns()
        failure = self._try(batch)
        if self._ended is not None:
            self._ended([waiting.trace for waiting in batch], began_ns, self._pass_ended_ns, failure is not None)
        if failure is None:
            return
        # The engine's exception is released by now, and with it the tensors that its traceback referenced.
        if len(batch) == 1:
            logger.error("the engine failed on one picture: %s", failure.detail)
            batch[0].result.set_exception(EngineFailedError(failure.detail))
        elif failure.out_of_memory:
            half = len(batch) // 2
            self._batch_limit = min(self._batch_limit, half)
            logger.warning("out of memory with a batch of %d; batches are limited to %d from now on", len(batch), half)
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
                return _Failure(
                    f"the engine returned {len(rows)} results for {len(batch)} pictures", out_of_memory=False
                )
        except Exception as error:  # the engine thread's edge: the thread survives whatever an engine raises
            return _Failure(f"{type(error).__name__}: {error!s:.300}", out_of_memory=is_out_of_memory(error))
        finally:
            self._pass_ended_ns = time.time_ns()
        embed_ms = (time.perf_counter() - started) * 1000
        for waiting, (embedding, category) in zip(batch, rows, strict=True):
            _settle(waiting.result, np.array(embedding, np.float32), category, embed_ms)
        return None


def _move(waiting: deque[_Waiting], batch: list[_Waiting], most: int) -> None:
    """Fill a batch up to so many pictures; one that must be alone is not joined by any."""
    while waiting and len(batch) < most and not (batch and (waiting[0].alone or batch[0].alone)):
        batch.append(waiting.popleft())


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

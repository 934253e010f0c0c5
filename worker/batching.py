"""One engine thread that embeds all waiting pictures whenever it is free, and finds garments in waiting photos.

Both are done by the same thread, because two networks at once would compete for the cores. A batch is of one kind: the
kind of the picture that has waited longest, with all others of that kind.

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
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddingEngine
from contracts.garments import FittedPhoto, GarmentDetector
from contracts.trace_context import TraceContext
from worker.forward_passes import (
    DetectionPass,
    EmbeddedPicture,
    EmbeddingPass,
    PassName,
    SearchedPhoto,
)
from worker.out_of_memory import is_out_of_memory
from worker.waiting_picture import EngineFailedError, NobodyWaitsError, WaitingPicture, move

logger = logging.getLogger(__name__)

_PHOTOS_RECENT_S: Final = 2.0
# After so long, a picture of the background joins a batch of photos.
_BACKGROUND_PATIENCE_S: Final = 0.25
# How often who waits looks whether that still makes sense.
_LOOK_S: Final = 0.1


class Batcher:
    """Collects pictures from many threads and runs their batches on its own engine thread.

    Args:
        engine: `warm_up` and `embed` are called from the engine thread.
        batch_limit: most pictures in one forward pass.
        ended: told after each forward pass of its kind, of the span that waits for each picture, of when the pass began
            and ended, nanoseconds since 1970, and whether it failed.
        detector: `warm_up` and `detect` are called from the engine thread; None finds no garments.
    """

    def __init__(
        self,
        engine: EmbeddingEngine,
        batch_limit: int,
        ended: Callable[[PassName, Sequence[TraceContext | None], int, int, bool], None] | None = None,
        detector: GarmentDetector | None = None,
    ) -> None:
        self._embedding = EmbeddingPass(engine)
        self._detection = None if detector is None else DetectionPass(detector)
        self._ended = ended
        self._pass_ended_ns = 0
        self._batch_limit = batch_limit
        self._photos: deque[WaitingPicture] = deque()
        self._background: deque[WaitingPicture] = deque()
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
        embedded: EmbeddedPicture = self._wait(WaitingPicture(self._embedding, picture, alone, background), is_wanted)
        return embedded

    def detect(
        self, photo: FittedPhoto, *, background: bool = False, is_wanted: Callable[[], bool] = lambda: True
    ) -> SearchedPhoto:
        """Find the garments of one photo, in a batch with others that wait; blocks until it is done.

        Args:
            photo: as the detector fitted it.
            background, is_wanted: as for `embed`.

        Raises:
            NobodyWaitsError: it was not wanted any more.
            EngineFailedError: there is no detector, it failed, or the engine thread has ended.
        """
        if self._detection is None:
            raise EngineFailedError("there is no garment detector")
        searched: SearchedPhoto = self._wait(WaitingPicture(self._detection, photo, False, background), is_wanted)
        return searched

    def _wait(self, waiting: WaitingPicture, is_wanted: Callable[[], bool]) -> Any:
        with self._changed:
            if self._stopping or not self._thread.is_alive():
                raise EngineFailedError("the engine thread has ended")
            if waiting.background:
                self._background.append(waiting)
            else:
                self._photos.append(waiting)
                self._photo_at = time.monotonic()
            self._changed.notify()
        while is_wanted():
            with suppress(TimeoutError):
                return waiting.result.result(_LOOK_S)
        return self._withdrawn(waiting)

    def _withdrawn(self, waiting: WaitingPicture) -> Any:
        """Take back a picture that waits; one whose batch has begun is finished all the same."""
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
        batch: list[WaitingPicture] = []
        try:
            self._warm_up()
            while batch := self._take():
                self._busy_since = began = time.monotonic()
                self._run_or_fail(batch)
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

    def _warm_up(self) -> None:
        self._embedding.warm_up()
        if self._detection is not None:
            try:
                self._detection.warm_up()
            except Exception:  # the engine thread's edge: photos are embedded without it
                logger.exception("the garment detector failed as it was warmed up; no garments are found")
                self._detection = None

    def _take(self) -> list[WaitingPicture]:
        """Take waiting pictures of one kind, up to the limit, photos first; empty when stopping and none are left."""
        with self._changed:
            while not self._photos and not self._stopping and (not self._background or self._rest_s() > 0):
                self._changed.wait(self._rest_s() if self._background else None)
            batch: list[WaitingPicture] = []
            now, limit = time.monotonic(), self._batch_limit
            if self._photos and self._background and now - self._background[0].since > _BACKGROUND_PATIENCE_S:
                # One place is the background's, because photos without a pause must not stop jobs.
                if self._background[0].kind is self._photos[0].kind:
                    move(self._photos, batch, max(1, limit - 1))
                    move(self._background, batch, min(limit, len(batch) + 1))
                    return batch
                if self._rest_s() <= 0:
                    # What is of the other kind cannot join, so it gets a pass of its own.
                    move(self._background, batch, 1)
                    return batch
            move(self._photos, batch, limit)
            if not batch:
                # The next photo waits until this batch is done.
                move(self._background, batch, 1 if now - self._photo_at < _PHOTOS_RECENT_S else limit)
            return batch

    def _rest_s(self) -> float:
        """How long the background must wait while photos come, seconds."""
        now = time.monotonic()
        return self._rest_until - now if now - self._photo_at < _PHOTOS_RECENT_S else 0.0

    def _run_or_fail(self, batch: Sequence[WaitingPicture]) -> None:
        try:
            self._run_batch(batch)
        except Exception:  # the engine thread's edge: without this thread the worker is of no use
            logger.exception("a batch of %d failed unexpectedly", len(batch))
            for waiting in batch:
                if not waiting.result.done():
                    waiting.result.set_exception(EngineFailedError("the batch failed unexpectedly"))

    def _run_batch(self, batch: Sequence[WaitingPicture]) -> None:
        began_ns = time.time_ns()
        failure = self._try(batch)
        kind = batch[0].kind.name
        if self._ended is not None:
            self._ended(kind, [waiting.trace for waiting in batch], began_ns, self._pass_ended_ns, failure is not None)
        if failure is None:
            return
        # The engine's exception is released by now, and with it the tensors that its traceback referenced.
        if len(batch) == 1:
            logger.error("the engine failed on one picture (%s): %s", kind, failure.detail)
            batch[0].result.set_exception(EngineFailedError(failure.detail))
        elif failure.out_of_memory:
            half = len(batch) // 2
            self._batch_limit = min(self._batch_limit, half)
            logger.warning("out of memory with a batch of %d; batches are limited to %d from now on", len(batch), half)
            self._run_batch(batch[:half])
            self._run_batch(batch[half:])
        else:
            logger.warning(
                "the engine failed on a batch of %d (%s): %s; trying each picture alone",
                len(batch),
                kind,
                failure.detail,
            )
            for waiting in batch:
                self._run_batch([waiting])

    def _try(self, batch: Sequence[WaitingPicture]) -> "_Failure | None":
        try:
            results = batch[0].kind.run([waiting.picture for waiting in batch])
            if len(results) != len(batch):
                return _Failure(
                    f"the engine returned {len(results)} results for {len(batch)} pictures", out_of_memory=False
                )
        except Exception as error:  # the engine thread's edge: the thread survives whatever an engine raises
            return _Failure(f"{type(error).__name__}: {error!s:.300}", out_of_memory=is_out_of_memory(error))
        finally:
            self._pass_ended_ns = time.time_ns()
        for waiting, result in zip(batch, results, strict=True):
            if isinstance(result, Exception):
                waiting.result.set_exception(result)
            else:
                waiting.result.set_result(result)
        return None


@dataclass(frozen=True, slots=True)
class _Failure:
    detail: str
    out_of_memory: bool

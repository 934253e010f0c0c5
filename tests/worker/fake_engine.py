"""A deterministic network for tests: real code, no weights. Some colours make it misbehave."""

import ctypes
import threading
import time

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddedBatch
from contracts.embedding_set import EMBEDDING_DIMENSIONS, ModelIdentity

INPUT_SIZE = 32

# Colours of the whole picture (PNG, so that they arrive exactly).
RAISES = (255, 0, 0)
KILLS_PROCESS = (0, 255, 0)
GIVES_NAN = (0, 0, 255)
GIVES_ZERO = (255, 255, 0)
HANGS = (0, 255, 255)


class OutOfMemoryError(RuntimeError):
    """Stands for torch's, which is known by this name."""


class FakeEngine:
    """Embeds a picture as pooled pixels through a fixed random matrix; the category tells the batch's size.

    Args:
        version: of the model.
        batch_ms, picture_ms: how long a forward pass takes.
        memory: most pictures that fit in a batch.
    """

    def __init__(
        self, version: str = "fake-1", *, batch_ms: float = 0.0, picture_ms: float = 0.0, memory: int = 10_000
    ) -> None:
        self.identity = ModelIdentity(version, "fake", "fake", INPUT_SIZE)
        self._batch_ms, self._picture_ms, self._memory = batch_ms, picture_ms, memory
        self._matrix = np.random.default_rng(0).normal(size=(3 * 8 * 8, EMBEDDING_DIMENSIONS)).astype(np.float32)
        self.batches: list[int] = []

    @property
    def as_srgb(self) -> bool:
        return True

    @property
    def input_size(self) -> int:
        return INPUT_SIZE

    def preprocess(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        rows = np.linspace(0, pixels.shape[0] - 1, INPUT_SIZE).astype(int)
        columns = np.linspace(0, pixels.shape[1] - 1, INPUT_SIZE).astype(int)
        return np.ascontiguousarray(pixels[rows][:, columns].transpose(2, 0, 1))

    def warm_up(self) -> None:
        """Nothing to warm."""

    def embed(self, batch: NDArray[np.uint8]) -> EmbeddedBatch:
        self.batches.append(len(batch))
        time.sleep((self._batch_ms + self._picture_ms * len(batch)) / 1000)
        if len(batch) > self._memory:
            raise OutOfMemoryError(f"batch of {len(batch)}")
        if _holds(batch, RAISES):
            raise ValueError("this colour is not for networks")
        if _holds(batch, KILLS_PROCESS):
            ctypes.string_at(0)
        if _holds(batch, HANGS):
            threading.Event().wait()
        pooled = batch.reshape(len(batch), 3, 8, 4, 8, 4).mean(axis=(3, 5), dtype=np.float32).reshape(len(batch), -1)
        # One picture at a time, so that a result does not depend on its batch to the last bit.
        embeddings = np.stack([row @ self._matrix for row in pooled / 255.0 + 0.01]).astype(np.float32)
        embeddings[_are(batch, GIVES_NAN)] = np.nan
        embeddings[_are(batch, GIVES_ZERO)] = 0.0
        return EmbeddedBatch(embeddings, [(f"batch of {len(batch)}", 1.0)] * len(batch))


def _are(batch: NDArray[np.uint8], colour: tuple[int, int, int]) -> NDArray[np.bool_]:
    same: NDArray[np.bool_] = (batch == np.array(colour, np.uint8)[None, :, None, None]).all(axis=(1, 2, 3))
    return same


def _holds(batch: NDArray[np.uint8], colour: tuple[int, int, int]) -> bool:
    return bool(_are(batch, colour).any())

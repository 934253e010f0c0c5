"""The engine with decoding in one process: what the way through API, Redis and worker is compared with."""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddingEngine
from pictures.decoding import decode

_BATCH = 16
# Enough batches for a rate, also of few photos.
_LEAST_PHOTOS = 10 * _BATCH


def one_process_figures(engine: EmbeddingEngine, photos: Sequence[bytes]) -> dict[str, float]:
    """Measure while nothing else runs.

    Args:
        engine: of the worker, in this process.
        photos: files' bytes.

    Returns:
        `decode_p50_ms`, decoding and fitting; `network_p50_ms`, a batch of one; `one_process_per_s`, photos in batches
        of 16 that a thread for each core decodes.
    """
    engine.warm_up()
    decoding, network = [], []
    for photo in photos:
        started = time.perf_counter()
        batch = _fitted(engine, photo)[None]
        decoded = time.perf_counter()
        engine.embed(batch)
        decoding.append((decoded - started) * 1000)
        network.append((time.perf_counter() - decoded) * 1000)
    return {
        "decode_p50_ms": float(np.percentile(decoding, 50)),
        "network_p50_ms": float(np.percentile(network, 50)),
        "one_process_per_s": _rate(engine, photos),
    }


def _rate(engine: EmbeddingEngine, photos: Sequence[bytes]) -> float:
    repeated = [photos[number % len(photos)] for number in range(max(len(photos), _LEAST_PHOTOS))]
    # The first batch of a size is slower.
    engine.embed(np.stack([_fitted(engine, photos[0])] * _BATCH))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        started = time.perf_counter()
        fitted = [threads.submit(_fitted, engine, photo) for photo in repeated]
        for first in range(0, len(fitted), _BATCH):
            engine.embed(np.stack([one.result() for one in fitted[first : first + _BATCH]]))
        return len(fitted) / (time.perf_counter() - started)


def _fitted(engine: EmbeddingEngine, photo: bytes) -> NDArray[np.uint8]:
    return engine.preprocess(decode(photo, box=None, target=engine.input_size, as_srgb=engine.as_srgb).pixels)

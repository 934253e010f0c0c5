"""The networks with decoding in one process: what the way through API, Redis and worker is compared with.

It does what a worker does for a photo: where the network has a garment detector, it finds the garments and embeds the
most prominent one.
"""

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddingEngine
from contracts.garments import FittedPhoto, Garment, GarmentDetector
from pictures.decoding import DecodedPicture, decode
from worker.garment_finding import detail_of, region_to_search

_BATCH = 16
# Enough batches for a rate, also of few photos.
_LEAST_PHOTOS = 10 * _BATCH


def one_process_figures(
    engine: EmbeddingEngine, photos: Sequence[bytes], detector: GarmentDetector | None = None
) -> dict[str, float]:
    """Measure while nothing else runs.

    Args:
        engine: of the worker, in this process.
        photos: files' bytes.
        detector: of the worker; None if it finds no garments.

    Returns:
        `decode_p50_ms`, decoding and fitting; `network_p50_ms`, a batch of one; `one_process_per_s`, photos in batches
        of 16 that a thread for each core decodes; with a detector `detect_p50_ms`, finding the garments of one photo.
    """
    reference = _OneProcess(engine, detector)
    reference.warm_up()
    decoding, detection, network = [], [], []
    for photo in photos:
        times = [time.perf_counter()]
        decoded = reference.decode(photo)
        times.append(time.perf_counter())
        (garments,) = reference.detect([decoded])
        times.append(time.perf_counter())
        batch = reference.fit(decoded, garments)[None]
        times.append(time.perf_counter())
        engine.embed(batch)
        times.append(time.perf_counter())
        decode_s, detect_s, fit_s, embed_s = np.diff(times)
        decoding.append((decode_s + fit_s) * 1000)
        detection.append(detect_s * 1000)
        network.append(embed_s * 1000)
    return {
        "decode_p50_ms": float(np.percentile(decoding, 50)),
        "network_p50_ms": float(np.percentile(network, 50)),
        "one_process_per_s": reference.rate(photos),
        **({} if detector is None else {"detect_p50_ms": float(np.percentile(detection, 50))}),
    }


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A decoded photo: its input of the network, or of the detector while that must say what is searched."""

    picture: DecodedPicture
    tensor: NDArray[np.uint8] | None
    fitted: FittedPhoto | None


class _OneProcess:
    def __init__(self, engine: EmbeddingEngine, detector: GarmentDetector | None) -> None:
        self._engine = engine
        self._detector = detector
        detail = 0 if detector is None else detail_of(detector, input_size=engine.input_size)
        self._target = max(engine.input_size, detail)

    def warm_up(self) -> None:
        self._engine.warm_up()
        if self._detector is not None:
            self._detector.warm_up()

    def decode(self, photo: bytes) -> _Decoded:
        picture = decode(photo, box=None, target=self._target, as_srgb=self._engine.as_srgb)
        if self._detector is None:
            return _Decoded(picture, self._engine.preprocess(picture.pixels), None)
        return _Decoded(picture, None, self._detector.fit(picture.pixels))

    def detect(self, batch: Sequence[_Decoded]) -> Sequence[Sequence[Garment]]:
        if self._detector is None:
            return [()] * len(batch)
        return self._detector.detect([one.fitted for one in batch if one.fitted is not None])

    def fit(self, decoded: _Decoded, garments: Sequence[Garment]) -> NDArray[np.uint8]:
        if decoded.tensor is not None:
            return decoded.tensor
        picture, pixels = decoded.picture, decoded.picture.pixels
        box = region_to_search(garments, picture.width, picture.height)
        if box is not None:
            left, top, right, bottom = box.pixels(pixels.shape[1], pixels.shape[0])
            pixels = pixels[top:bottom, left:right]
        return self._engine.preprocess(pixels)

    def rate(self, photos: Sequence[bytes]) -> float:
        repeated = [photos[number % len(photos)] for number in range(max(len(photos), _LEAST_PHOTOS))]
        # Two pools, so that what is found is not fitted after all photos are decoded.
        with ThreadPoolExecutor(os.cpu_count()) as decoding, ThreadPoolExecutor(os.cpu_count()) as fitting:

            def run(batch: Sequence[_Decoded]) -> None:
                self._engine.embed(np.stack(list(fitting.map(self.fit, batch, self.detect(batch)))))

            # The first batch of a size is slower.
            run([self.decode(photos[0])] * _BATCH)
            started = time.perf_counter()
            decoded = [decoding.submit(self.decode, photo) for photo in repeated]
            for first in range(0, len(decoded), _BATCH):
                run([one.result() for one in decoded[first : first + _BATCH]])
            return len(decoded) / (time.perf_counter() - started)

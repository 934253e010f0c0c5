"""Runs a detector over photos: what it finds, and how long it takes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from contracts.garments import Garment
from model.detection.decoding import decode_garments
from model.detection.engine import DetectionEngine
from tools.train_detector.photos import LabelledPhoto

# Of what average precision ranks: boxes far less certain than what is served.
_LEAST_SCORE = 0.01
_MOST = 100


@dataclass(frozen=True, slots=True)
class Detections:
    """What a detector found.

    Attributes:
        ranked: boxes of each photo, also uncertain ones.
        served: those that an answer names.
        fit_ms, detect_ms: median wall-clock time of a photo: to fit it, and to run the network and read its outputs.
    """

    ranked: list[tuple[Garment, ...]]
    served: list[tuple[Garment, ...]]
    fit_ms: float
    detect_ms: float


def run_detector(engine: DetectionEngine, photos: Sequence[LabelledPhoto]) -> Detections:
    """Find the garments in each photo, one photo at a time."""
    engine.warm_up()
    fitted, fit_s = [], []
    for photo in photos:
        began = time.perf_counter()
        fitted.append(engine.fit(photo.pixels))
        fit_s.append(time.perf_counter() - began)
    # Once untimed, since the first photo of each shape is slow.
    served = engine.detect(fitted)
    ranked, detect_s = [], []
    for one in fitted:
        began = time.perf_counter()
        engine.detect([one])
        detect_s.append(time.perf_counter() - began)
        scores, reaches, input_size = engine.outputs([one])
        ranked.append(
            decode_garments(
                scores[0],
                reaches[0],
                input_size=input_size,
                photo_size=(one.height, one.width),
                classes=engine.classes,
                least_score=_LEAST_SCORE,
                most=_MOST,
            )
        )
    return Detections(ranked, served, float(np.median(fit_s)) * 1e3, float(np.median(detect_s)) * 1e3)

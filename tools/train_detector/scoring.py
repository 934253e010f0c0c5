"""Scores a detector on held-out photos."""

from collections.abc import Sequence

import numpy as np

from contracts.garments import Garment
from tools.train_detector.average_precision import PhotoBoxes, average_precision
from tools.train_detector.classes import CLASSES
from tools.train_detector.photos import LabelledPhoto

LEAST_BOXES = 40


def average_precisions(
    photos: Sequence[LabelledPhoto], found: Sequence[Sequence[Garment]], *, overlap: float = 0.5
) -> dict[str, tuple[float, int]]:
    """The average precision of each class, and how many of its boxes there are.

    Args:
        photos: with measured boxes.
        found: what a detector found in each, also with small scores.
        overlap: from which a box is right, intersection over union.
    """
    result = {}
    for number, name in enumerate(CLASSES):
        boxes = [_of_class(photo, garments, number, name) for photo, garments in zip(photos, found, strict=True)]
        result[name] = average_precision(boxes, overlap=overlap), sum(len(photo.wanted) for photo in boxes)
    return result


def mean_average_precision(of_classes: dict[str, tuple[float, int]], *, least_boxes: int = LEAST_BOXES) -> float:
    """The mean over the classes with enough boxes to measure; NaN if there is none."""
    values = [value for value, boxes in of_classes.values() if boxes >= least_boxes]
    return float(np.mean(values)) if values else float("nan")


def _of_class(photo: LabelledPhoto, garments: Sequence[Garment], number: int, name: str) -> PhotoBoxes:
    height, width = photo.pixels.shape[:2]
    sides = np.array([width, height, width, height], np.float64)
    ours = [garment for garment in garments if garment.type == name]
    found = np.array([(g.box.x1, g.box.y1, g.box.x2, g.box.y2) for g in ours], np.float64).reshape(-1, 4)
    wanted = photo.boxes[photo.classes == number].astype(np.float64)
    return PhotoBoxes(found * sides, np.array([g.score for g in ours], np.float64), wanted * sides)

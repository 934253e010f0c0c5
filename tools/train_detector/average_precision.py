"""Average precision: how well scored boxes find the measured ones."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PhotoBoxes:
    """What was found in one photo and what is there, of one class.

    Attributes:
        found: (F, 4) float, x1, y1, x2, y2.
        scores: (F,) float.
        wanted: (W, 4) float, in the same units.
    """

    found: NDArray[np.float64]
    scores: NDArray[np.float64]
    wanted: NDArray[np.float64]


def average_precision(photos: Sequence[PhotoBoxes], *, overlap: float = 0.5) -> float:
    """The area under the curve of precision over recall, precision made monotonous; NaN if nothing is there to find.

    Boxes are taken by descending score over all photos. One is right if it overlaps a measured box of its photo, which
    no better one has taken, by at least `overlap` (intersection over union); of several it takes the best.

    Source: Everingham et al., "The PASCAL VOC Challenge", as of 2010.
    """
    there = sum(len(photo.wanted) for photo in photos)
    if there == 0:
        return float("nan")
    scores = np.concatenate([photo.scores for photo in photos])
    right = np.concatenate([_right(photo, overlap) for photo in photos])
    hits = np.cumsum(right[np.argsort(-scores, kind="stable")])
    precision = hits / np.arange(1, len(hits) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    gained = np.diff(hits, prepend=0)
    return float((best_from_here * gained).sum() / there)


def _right(photo: PhotoBoxes, overlap: float) -> NDArray[np.bool_]:
    right = np.zeros(len(photo.found), np.bool_)
    free = np.ones(len(photo.wanted), np.bool_)
    if len(free) == 0:
        return right
    overlaps = pairwise_overlap(photo.found, photo.wanted)
    for row in np.argsort(-photo.scores, kind="stable").tolist():
        candidates = np.where(free, overlaps[row], -1.0)
        best = int(candidates.argmax())
        if candidates[best] >= overlap:
            right[row], free[best] = True, False
    return right


def pairwise_overlap(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of each pair: (F, 4) and (S, 4) -> (F, S) float64; 0 for boxes without an area."""
    sides = np.minimum(first[:, None, 2:], second[None, :, 2:]) - np.maximum(first[:, None, :2], second[None, :, :2])
    both = sides.clip(min=0).prod(2)
    areas = (first[:, 2:] - first[:, :2]).prod(1)[:, None] + (second[:, 2:] - second[:, :2]).prod(1)[None]
    result: NDArray[np.float64] = both / np.maximum(areas - both, np.finfo(np.float64).tiny)
    return result

"""Turns a detector's outputs into garments."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contracts.box import Box
from contracts.garments import MOST_GARMENTS, Garment
from model.detection.grid import grid_points

# Less certain boxes are not named.
LEAST_SCORE = 0.2
# Of two boxes of one class that overlap more, the less certain one is the same garment again. So it is, under another
# name, if boxes of different classes are almost the same.
_SAME_OVERLAP = 0.55
_RENAMED_OVERLAP = 0.75
_MOST_CANDIDATES = 100


def decode_garments(
    scores: NDArray[np.float32],
    reaches: NDArray[np.float32],
    *,
    input_size: tuple[int, int],
    photo_size: tuple[int, int],
    classes: Sequence[str],
    least_score: float = LEAST_SCORE,
    most: int = MOST_GARMENTS,
) -> tuple[Garment, ...]:
    """The garments of one photo, the most certain first.

    Args:
        scores: (P, C) float32, 0 to 1, of the points of `model.detection.grid.grid_points`.
        reaches: (P, 4) float32, distances to the left, upper, right and lower side, pixels.
        input_size: height and width of the network's input, pixels.
        photo_size: height and width of the part of it that shows the photo, in the upper left corner.
        classes: names of the C classes.
        least_score: less certain boxes are left out.
        most: no more garments than this.
    """
    rows, columns = np.nonzero(scores >= least_score)
    certain = scores[rows, columns]
    order = np.argsort(-certain, kind="stable")[:_MOST_CANDIDATES]
    rows, columns, certain = rows[order], columns[order], certain[order]
    points = grid_points(*input_size)[rows]
    height, width = photo_size
    boxes = np.concatenate((points - reaches[rows, :2], points + reaches[rows, 2:]), 1)
    # In double precision, so that a fraction of a side is at most 1.
    boxes = (boxes.astype(np.float64) / (width, height, width, height)).clip(0.0, 1.0)
    solid = np.nonzero((boxes[:, 2:] - boxes[:, :2]).min(1, initial=1.0) > 0)[0]
    most_overlap = np.where(columns[:, None] == columns, _SAME_OVERLAP, _RENAMED_OVERLAP)
    # All pairs at once: a call for each box would take longer than the arithmetic.
    same = np.zeros((len(boxes), len(boxes)), np.bool_)
    same[np.ix_(solid, solid)] = overlaps(boxes[solid, None], boxes[solid]) > most_overlap[np.ix_(solid, solid)]
    kept: list[int] = []
    for row in solid.tolist():
        if not same[row, kept].any():
            kept.append(row)
            if len(kept) == most:
                break
    return tuple(Garment(classes[columns[row]], Box(*boxes[row].tolist()), float(certain[row])) for row in kept)


def overlaps(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of boxes: (..., 4) and (..., 4), broadcast against each other -> (...)."""
    sides = np.minimum(boxes[..., 2:], others[..., 2:]) - np.maximum(boxes[..., :2], others[..., :2])
    both = sides.clip(min=0).prod(-1)
    areas = (boxes[..., 2:] - boxes[..., :2]).prod(-1) + (others[..., 2:] - others[..., :2]).prod(-1)
    result: NDArray[np.float64] = both / (areas - both)
    return result

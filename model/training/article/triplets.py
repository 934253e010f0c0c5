"""Samples triplets as row indices, so that samplers and losses do not depend on each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Triplets:
    """One triplet of rows for each anchor.

    Attributes:
        anchors: (N,) int64.
        positives: (N,) int64, of the anchor's class and never the anchor; the anchor itself where `valid` is False.
        negatives: (N,) int64, of another class; the anchor itself where `valid` is False.
        valid: (N,) bool, False if the anchor's class has no second row or there is no other class.
    """

    anchors: NDArray[np.int64]
    positives: NDArray[np.int64]
    negatives: NDArray[np.int64]
    valid: NDArray[np.bool_]


class TripletSampler:
    """Draws a positive and a negative for each anchor, uniformly among the candidates.

    Args:
        labels: (N,) int64, the class of each row.
    """

    def __init__(self, labels: NDArray[np.int64]) -> None:
        # In rows sorted by class, each class is one run, and its negatives are all rows outside the run.
        self._order = np.argsort(labels, kind="stable")
        ordered = labels[self._order]
        self._start = np.searchsorted(ordered, labels, side="left")
        self._count = np.searchsorted(ordered, labels, side="right") - self._start
        self._place = np.empty_like(self._order)
        self._place[self._order] = np.arange(len(labels))

    def draw(self, anchors: NDArray[np.int64], generator: np.random.Generator) -> Triplets:
        """One triplet for each anchor.

        Args:
            anchors: (B,) int64 rows; may repeat.
        """
        start, count = self._start[anchors], self._count[anchors]
        others = len(self._order) - count
        valid = (count > 1) & (others > 0)
        # Draw from the run without the anchor: skip its place.
        positive = start + generator.integers(0, np.maximum(count - 1, 1))
        positive += positive >= self._place[anchors]
        # Draw from all rows without the run: skip the run.
        negative = generator.integers(0, np.maximum(others, 1))
        negative += np.where(negative >= start, count, 0)
        return Triplets(
            anchors=anchors,
            positives=np.where(valid, self._order[np.where(valid, positive, 0)], anchors),
            negatives=np.where(valid, self._order[np.where(valid, negative, 0)], anchors),
            valid=valid,
        )

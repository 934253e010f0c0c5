"""Held-out photos and street garments as queries: what share of the first ten fits their class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.items import Item
from model.training.lookalikes.targets import TargetSplit, photo_values
from model.training.served_measure import ServedMeasure

TOP = 10
# More queries would be tested longer than trained.
_MOST = 300


@dataclass(frozen=True, slots=True, eq=False)
class PhotoQueries:
    """Q photos to search with.

    Attributes:
        pixels: (Q, P, P, 3) uint8.
        allowed: (Q, classes) bool, the values of the first target that are right for each.
    """

    pixels: NDArray[np.uint8]
    allowed: NDArray[np.bool_]


def photo_queries(
    pixels: NDArray[np.uint8],
    photos: Sequence[Item],
    split: TargetSplit,
    class_map: Mapping[str, frozenset[str]] | None,
    seed: int,
) -> PhotoQueries | None:
    """Draw at most 300 photos that something is right for; None if there is none.

    Args:
        pixels: (Q, P, P, 3) uint8.
        photos: Q.
        split: names the values.
        class_map: class of a photo -> values that it may show.
        seed: of the draw.
    """
    allowed = photo_values(photos, split, class_map)[0]
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(allowed.any(1)))[:_MOST]
    rows.sort()
    return PhotoQueries(pixels[rows], allowed[rows]) if len(rows) else None


def precision_at_ten(
    measure: ServedMeasure,
    gallery: NDArray[np.float32],
    labels: NDArray[np.int64],
    queries: NDArray[np.float32],
    allowed: NDArray[np.bool_],
    *,
    parts: tuple[int, ...],
) -> float | None:
    """The mean over classes of the share of the first ten that are right.

    Of a class that fewer than ten of the gallery are right for, as many as there are can be right.

    Args:
        measure: searches.
        gallery: (N, 512) float32.
        labels: (N,) int64, the value of each item of the gallery, -1 where unknown.
        queries: (Q, 512) float32.
        allowed: (Q, classes) bool, the values that are right for each; queries with the same ones are of one class.
        parts: widths of the embedding's parts.

    Returns:
        0 to 1; None if nothing in the gallery is right for any query.
    """
    fitting = np.zeros((len(allowed), len(gallery)), np.bool_)
    known = np.flatnonzero(labels >= 0)
    fitting[:, known] = allowed[:, labels[known]]
    possible = np.minimum(fitting.sum(1), TOP)
    if not possible.any():
        return None
    found = measure.first(gallery, queries, TOP, parts=parts)
    right = np.take_along_axis(fitting, found, 1) & (found >= 0)
    shares = right.sum(1) / np.maximum(possible, 1)
    _, classes = np.unique(allowed, axis=0, return_inverse=True)
    classes = classes.reshape(-1)
    return float(np.mean([shares[classes == each].mean() for each in np.unique(classes[possible > 0])]))

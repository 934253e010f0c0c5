"""Galleries of columns, and their cosines computed slowly."""

import math

import numpy as np
from numpy.typing import NDArray

from index.gallery import Gallery


def unit_columns(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=0)
    lengths[lengths == 0.0] = 1.0
    return np.ascontiguousarray(vectors / lengths, np.float32)


def gallery_of(columns: NDArray[np.float32]) -> Gallery:
    return Gallery.of(np.ascontiguousarray(columns.T))


def slow_similarities(columns: NDArray[np.float32], query: NDArray[np.float32]) -> list[float]:
    """Cosines in Python floats, component by component."""
    length = math.sqrt(math.fsum(float(x) * float(x) for x in query))
    unit = [float(np.float32(float(x) / length)) if length else 0.0 for x in query]
    similarities = []
    for column in columns.T:
        total = 0.0
        for x, y in zip(unit, column, strict=True):
            total += x * float(y)
        similarities.append(min(1.0, max(-1.0, total)))
    return similarities

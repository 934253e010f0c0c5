"""Smooth outlines through a few points."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
# Points as they are written down: pairs of numbers and (2,) arrays, mixed.
Knots = Sequence[object] | Points


def spline(points: Knots, samples: int = 9) -> Points:
    """A Catmull-Rom curve through points.

    Args:
        points: (N, 2), N >= 2, in order; two points give a straight line.
        samples: points per span.

    Returns:
        (M, 2) float64, first and last point kept.
    """
    knots = np.asarray(points, dtype=np.float64)
    if len(knots) == 2:
        return knots
    padded = np.vstack([2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]])
    t = np.linspace(0.0, 1.0, samples, endpoint=False)[:, None]
    spans = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        spans.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.vstack([*spans, knots[-1:]])


def outline(*runs: Knots) -> Points:
    """A closed shape of smooth runs that meet at corners.

    Args:
        runs: each (N, 2); every run is a spline of its own.

    Returns:
        (M, 2) float64.
    """
    return np.vstack([spline(run) for run in runs])


def mirror(points: Knots) -> Points:
    """The points seen in a mirror on the vertical axis, in reverse order.

    Args:
        points: (N, 2).

    Returns:
        (N, 2) float64.
    """
    return np.asarray(points, dtype=np.float64)[::-1] * (-1.0, 1.0)


def flip(points: Knots) -> Points:
    """The points with x negated, in the same order.

    Args:
        points: (N, 2).

    Returns:
        (N, 2) float64.
    """
    return np.asarray(points, dtype=np.float64) * (-1.0, 1.0)


def shift(points: Knots, x: float, y: float) -> Points:
    """The points moved.

    Args:
        points: (N, 2) or (2,).
        x, y: by how much.

    Returns:
        The same shape, float64.
    """
    moved: Points = np.asarray(points, dtype=np.float64) + np.array((x, y))
    return moved


def offset(points: Knots, distance: float) -> Points:
    """An open curve moved sideways.

    Args:
        points: (N, 2), N >= 2.
        distance: to the right of the direction of travel on a y-down page, in the unit of the points.

    Returns:
        (N, 2) float64.
    """
    curve = np.asarray(points, dtype=np.float64)
    tangent = np.gradient(curve, axis=0)
    length = np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-9)
    normal = np.column_stack([-tangent[:, 1], tangent[:, 0]]) / length[:, None]
    return curve + distance * normal


def band(points: Knots, width: float) -> Points:
    """A strip along an open curve.

    Args:
        points: (N, 2), smoothed as given.
        width: of the strip, on the right of the direction of travel.

    Returns:
        (2N, 2) float64, closed.
    """
    curve = np.asarray(points, dtype=np.float64)
    return np.vstack([curve, offset(curve, width)[::-1]])

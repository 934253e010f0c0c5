"""Folds: long soft ridges where cloth is pulled, hangs or bends.

A fold is a row (x, y, angle, length, width, height, bend): its middle, its direction against the vertical in radians,
its extent along and across in cm, its height in cm, and how much it curves (1/cm).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.draw_catalogue.noise import Field
from tools.draw_catalogue.pieces import NO_FOLDS

Folds = NDArray[np.float64]


def torso_folds(
    rng: np.random.Generator, *, chest: float, armpit: float, hem: float, length: float, strength: float
) -> Folds:
    """Folds of a worn front: from the armpits inwards, hanging at the hem, a few at the waist.

    Args:
        rng: source of randomness.
        chest, hem: half widths.
        armpit: how far below the shoulders the arms begin.
        length: of the garment.
        strength: 0 for board, 1 for soft cotton, 2 for silk.

    Returns:
        (K, 7).
    """
    rows: list[tuple[float, ...]] = []
    for side in (-1, 1):
        for _ in range(rng.integers(2, 5)):
            reach = rng.uniform(9, 20)
            angle = -side * rng.uniform(0.35, 1.0)
            x = side * (chest - 1.5 - reach * 0.5 * math.sin(abs(angle)))
            y = armpit - 1 + reach * 0.5 * math.cos(angle) + rng.uniform(-2, 2)
            rows.append(
                (x, y, angle, reach, rng.uniform(0.8, 1.6), rng.uniform(0.12, 0.62), side * rng.uniform(0, 0.02))
            )
        rows.append(
            (side * chest * 0.6, armpit * 0.4, side * rng.uniform(0.5, 1.1), 11, 1.4, rng.uniform(0.1, 0.22), 0.0)
        )
    for _ in range(rng.integers(5, 10)):
        reach = rng.uniform(0.25, 0.62) * length
        x = rng.uniform(-0.92, 0.92) * hem
        angle = rng.normal(0, 0.10) - 0.15 * x / hem
        rows.append(
            (
                x,
                length - reach * 0.45,
                angle,
                reach,
                rng.uniform(1.0, 2.4),
                rng.uniform(0.18, 0.6),
                rng.normal(0, 0.005),
            )
        )
    for _ in range(rng.integers(4, 9)):
        x, y = rng.uniform(-0.8, 0.8) * chest, rng.uniform(0.42, 0.88) * length
        angle = math.copysign(rng.uniform(0.6, 1.45), -x)
        rows.append(
            (x, y, angle, rng.uniform(9, 22), rng.uniform(0.9, 2.0), rng.uniform(0.08, 0.3), rng.normal(0, 0.025))
        )
    return _scaled(rows, strength)


def sleeve_folds(
    rng: np.random.Generator, start: tuple[float, float], end: tuple[float, float], width: float, strength: float
) -> Folds:
    """Folds of an arm: slanting across at shoulder, elbow and wrist, a long one between.

    Args:
        rng: source of randomness.
        start, end: of the arm's middle line.
        width: half width of the sleeve.
        strength: 0 for board, 1 for soft cotton, 2 for silk.

    Returns:
        (K, 7).
    """
    dx, dy = end[0] - start[0], end[1] - start[1]
    reach, direction = math.hypot(dx, dy), math.atan2(dx, dy)
    side = 1 if start[0] > 0 else -1
    rows: list[tuple[float, ...]] = []
    places = [0.15, 0.3, 0.45, 0.52, 0.6, 0.72, 0.86, 0.93] if reach > 30 else [0.25, 0.6]
    for place in places:
        if rng.random() < 0.15:
            continue
        at = place + rng.normal(0, 0.03)
        across = rng.normal(0, 0.25) * width
        angle = direction + side * rng.choice([-1, 1], p=[0.3, 0.7]) * rng.uniform(0.7, 1.35)
        x, y = start[0] + dx * at + across * math.cos(direction), start[1] + dy * at - across * math.sin(direction)
        rows.append(
            (
                x,
                y,
                angle,
                rng.uniform(1.1, 2.0) * width,
                rng.uniform(0.6, 1.3),
                rng.uniform(0.16, 0.46),
                rng.normal(0, 0.03),
            )
        )
    for _ in range(2):
        at, across = rng.uniform(0.25, 0.75), rng.uniform(-0.5, 0.5) * width
        rows.append(
            (
                start[0] + dx * at + across,
                start[1] + dy * at,
                direction + rng.normal(0, 0.12),
                rng.uniform(0.25, 0.6) * reach,
                rng.uniform(0.9, 1.6),
                rng.uniform(0.12, 0.35),
                rng.normal(0, 0.006),
            )
        )
    return _scaled(rows, strength)


def hanging_folds(
    rng: np.random.Generator,
    *,
    top: float,
    bottom: float,
    half_width: float,
    count: int,
    spread: float,
    strength: float,
) -> Folds:
    """Folds that fall from a seam: gathers, peplums, drapes.

    Args:
        rng: source of randomness.
        top, bottom: heights between which they hang.
        half_width: of the cloth at the bottom.
        count: number of folds.
        spread: how far they fan out, radians at the edge.
        strength: factor on their height.

    Returns:
        (count, 7).
    """
    rows = []
    for place in np.linspace(-0.95, 0.95, count):
        at = place + rng.normal(0, 0.6 / count)
        reach = (bottom - top) * rng.uniform(0.75, 1.25)
        rows.append(
            (
                at * half_width * 0.85,
                (top + bottom) / 2 + rng.normal(0, 0.05) * (bottom - top),
                spread * at + rng.normal(0, 0.04),
                reach,
                rng.uniform(0.35, 0.6) * 2 * half_width / count,
                rng.uniform(0.25, 0.6),
                rng.normal(0, 0.003),
            )
        )
    return _scaled(rows, strength)


def raise_folds(height: Field, folds: Folds, samples_per_cm: float, corner: tuple[float, float]) -> None:
    """Add folds to a relief in place; the field is the caller's own fresh buffer.

    Args:
        height: (H, W) centimetres, written to.
        folds: (K, 7).
        samples_per_cm: resolution of the field.
        corner: position of the field's first sample, cm.
    """
    rows, columns = height.shape
    for x, y, angle, length, width, rise, bend in folds:
        half = 0.5 * length + 2 * width
        spread_x = abs(math.sin(angle)) * half + abs(math.cos(angle)) * 2.5 * width + abs(bend) * half * half
        spread_y = abs(math.cos(angle)) * half + abs(math.sin(angle)) * 2.5 * width + abs(bend) * half * half
        left = max(0, int((x - spread_x - corner[0]) * samples_per_cm))
        right = min(columns, int((x + spread_x - corner[0]) * samples_per_cm) + 1)
        top = max(0, int((y - spread_y - corner[1]) * samples_per_cm))
        bottom = min(rows, int((y + spread_y - corner[1]) * samples_per_cm) + 1)
        if right - left < 2 or bottom - top < 2:
            continue
        px = np.arange(left, right, dtype=np.float32) / np.float32(samples_per_cm) + np.float32(corner[0] - x)
        py = np.arange(top, bottom, dtype=np.float32)[:, None] / np.float32(samples_per_cm) + np.float32(corner[1] - y)
        sine, cosine = np.float32(math.sin(angle)), np.float32(math.cos(angle))
        along = px * sine + py * cosine
        across = px * cosine - py * sine + np.float32(bend) * along * along
        # Cloth falls off steeply on one side of a fold and gently on the other.
        profile = across * np.where(across > 0, np.float32(1.0 / width), np.float32(0.55 / width))
        taper = np.clip(1.0 - np.square(along / np.float32(0.5 * length)), 0.0, 1.0)
        height[top:bottom, left:right] += np.float32(rise) * taper * np.exp(-profile * profile)


def _scaled(rows: Sequence[tuple[float, ...]], strength: float) -> Folds:
    if not rows:
        return NO_FOLDS
    folds = np.array(rows, dtype=np.float64)
    folds[:, 5] *= 1.5 * strength
    return folds

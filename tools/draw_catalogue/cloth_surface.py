"""The surface of a piece of cloth: the way its pattern runs, its wrinkles, its padding."""

import math

import numpy as np

from tools.draw_catalogue.curves import Points
from tools.draw_catalogue.noise import Field, smooth_noise
from tools.draw_catalogue.view import View


def followed(curve: Points, x: Field, y: Field) -> tuple[Field, Field]:
    """Distance travelled along a curve, and distance from it, of every sample."""
    path = curve.astype(np.float32)
    tangent = np.gradient(path, axis=0)
    step = np.hypot(tangent[:, 0], tangent[:, 1]) + np.float32(1e-6)
    tangent /= step[:, None]
    travelled = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))]).astype(np.float32)
    px, py = np.broadcast_arrays(x, y)
    gap_x, gap_y = px[..., None] - path[:, 0], py[..., None] - path[:, 1]
    nearest = np.argmin(gap_x * gap_x + gap_y * gap_y, axis=-1)[..., None]
    near_x, near_y = (np.take_along_axis(gap, nearest, axis=-1)[..., 0] for gap in (gap_x, gap_y))
    at = nearest[..., 0]
    u = travelled[at] + near_x * tangent[at, 0] + near_y * tangent[at, 1]
    v = near_y * tangent[at, 0] - near_x * tangent[at, 1]
    return u, v


def crumpled(rng: np.random.Generator, view: View) -> Field:
    """Small irregular wrinkles over the whole picture, cm."""
    rows, columns = view.height, view.width
    tall, wide = round(rows / view.scale), round(columns / view.scale)
    soft = smooth_noise(rng, rows, columns, tall // 12, wide // 7)
    ridges = np.maximum(1.0 - np.abs(smooth_noise(rng, rows, columns, tall // 11, wide // 4)), 0)
    fine = np.maximum(1.0 - np.abs(smooth_noise(rng, rows, columns, tall // 4, wide // 3)), 0)
    crumple = 0.26 * soft + 0.08 * ridges**2 + 0.03 * fine**2
    return crumple.astype(np.float32)


def quilted(v: Field, distance: float) -> Field:
    """Padding between seams that run across."""
    at = np.abs(np.sin(v * np.float32(math.pi / distance)))
    padding: Field = np.float32(0.14 * distance) * np.sqrt(at + np.float32(0.002))
    return padding

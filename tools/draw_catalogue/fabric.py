"""Cloths: how they fold, shine and feel, and the close-up relief of their weave or knit."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.draw_catalogue.noise import Field, tiled_noise

TILE_SIDE = 256
TILE_SAMPLES_PER_CM = 8


@dataclass(frozen=True, slots=True)
class Cloth:
    """A kind of cloth.

    Attributes:
        title: as a shop calls it.
        texture: key of its close-up relief.
        depth: how strongly the relief shows, about 1.
        folds: height of its folds, 1 for soft cotton.
        crumple: height of its small wrinkles.
        sheen: grey levels that light adds or takes whatever the colour.
    """

    title: str
    texture: str
    depth: float
    folds: float
    crumple: float
    sheen: float


CLOTHS = {
    "jersey": Cloth("Cotton", "jersey", 1.0, 0.95, 0.5, 16),
    "modal": Cloth("Modal", "jersey", 0.6, 1.25, 0.4, 24),
    "poplin": Cloth("Poplin", "plain", 1.0, 0.85, 1.2, 18),
    "oxford": Cloth("Oxford Cotton", "oxford", 1.0, 0.75, 0.9, 14),
    "linen": Cloth("Linen", "linen", 1.0, 0.8, 1.9, 14),
    "flannel": Cloth("Flannel", "brushed", 1.0, 0.8, 0.7, 8),
    "chambray": Cloth("Chambray", "linen", 1.0, 0.8, 1.2, 14),
    "denim": Cloth("Denim", "denim", 1.0, 0.7, 1.1, 14),
    "twill": Cloth("Cotton Twill", "twill", 1.0, 0.75, 1.0, 14),
    "corduroy": Cloth("Corduroy", "corduroy", 1.0, 0.6, 0.6, 18),
    "satin": Cloth("Satin", "none", 0.0, 1.6, 0.5, 60),
    "chiffon": Cloth("Chiffon", "plain", 0.6, 1.3, 0.8, 26),
    "crepe": Cloth("Crepe", "brushed", 0.7, 1.25, 0.6, 22),
    "merino": Cloth("Merino", "fine_knit", 1.0, 0.7, 0.3, 12),
    "wool_knit": Cloth("Wool", "knit", 1.0, 0.65, 0.3, 10),
    "chunky_knit": Cloth("Chunky Wool", "chunky_knit", 1.0, 0.6, 0.2, 8),
    "cable_knit": Cloth("Cable Knit", "cable", 1.0, 0.5, 0.2, 8),
    "rib_knit": Cloth("Rib Knit", "rib", 1.0, 0.55, 0.2, 12),
    "fine_rib": Cloth("Rib Jersey", "fine_rib", 1.0, 0.6, 0.3, 14),
    "waffle": Cloth("Waffle Cotton", "waffle", 1.0, 0.75, 0.4, 12),
    "fleece": Cloth("Cotton Fleece", "fleece", 1.0, 1.2, 0.7, 10),
    "sherpa": Cloth("Sherpa Fleece", "sherpa", 1.0, 0.4, 0.1, 8),
    "wool": Cloth("Wool", "felt", 1.0, 0.55, 0.4, 10),
    "tweed": Cloth("Tweed", "tweed", 1.0, 0.5, 0.4, 8),
    "suiting": Cloth("Wool Blend", "twill", 0.5, 0.6, 0.4, 18),
    "nylon": Cloth("Nylon", "plain", 0.6, 1.05, 1.7, 42),
    "taffeta": Cloth("Recycled Nylon", "ripstop", 1.0, 0.9, 1.5, 30),
    "leather": Cloth("Leather", "pebble", 1.0, 0.9, 1.3, 70),
    "suede": Cloth("Suede", "felt", 0.8, 0.8, 0.9, 8),
    "mesh": Cloth("Mesh", "mesh", 1.0, 0.95, 0.5, 22),
}


@cache
def texture(name: str) -> Field:
    """The relief of a weave as factors on the light; it repeats without a seam.

    Args:
        name: key of `Cloth.texture`.

    Returns:
        (TILE_SIDE, TILE_SIDE) float32 around 1; do not write to it.
    """
    tile = _TEXTURES[name]().astype(np.float32)
    tile.setflags(write=False)
    return tile


def _grain(cells: int = TILE_SIDE) -> Field:
    # The weave is the same in every catalogue, so its noise has a seed of its own.
    return tiled_noise(np.random.default_rng(cells), TILE_SIDE, cells)


def _axes() -> tuple[Field, Field]:
    y, x = np.mgrid[0:TILE_SIDE, 0:TILE_SIDE].astype(np.float32)
    return x, y


def _lit(relief: NDArray[np.floating[Any]], strength: float) -> Field:
    """Light from the upper left on a repeating relief."""
    slope_x = np.roll(relief, -1, 1) - np.roll(relief, 1, 1)
    slope_y = np.roll(relief, -1, 0) - np.roll(relief, 1, 0)
    lit: Field = 1.0 + strength * (0.6 * slope_x + 0.7 * slope_y) + 0.5 * strength * (relief - relief.mean())
    return np.clip(lit, 0.45, 1.4)


def _wave(position: Field, period: float) -> Field:
    wave: Field = np.sin(position * np.float32(2 * np.pi / period))
    return wave


def _ridges(position: Field, period: float) -> Field:
    ridges: Field = np.abs(_wave(position, period))
    return ridges


def _streaks(vertical: bool, width: int) -> Field:
    row = np.random.default_rng(width).standard_normal(TILE_SIDE // width).astype(np.float32).repeat(width)
    return np.tile(row, (TILE_SIDE, 1)) if vertical else np.tile(row[:, None], (1, TILE_SIDE))


def _stitches(period_x: int, period_y: int, strength: float) -> Field:
    """Columns of V-shaped stitches."""
    x, y = _axes()
    column = np.abs((x % period_x) / period_x * 2 - 1)
    slanted = (y + column * period_y * 0.8) % period_y / period_y
    relief = np.sin(np.pi * slanted) ** 0.7 * (1 - np.abs(column - 0.5) * 1.1)
    return _lit(relief.astype(np.float32), strength) * (1 + 0.02 * _grain())


def _cable() -> Field:
    x, y = _axes()
    at = x % 64
    twist = np.sin(y * 2 * np.pi / 64) * 7
    strand_a = np.exp(-(((at - 32 - twist) / 6.0) ** 2))
    strand_b = np.exp(-(((at - 32 + twist) / 6.0) ** 2)) * np.where(np.cos(y * 2 * np.pi / 64) > 0, 1.0, 0.72)
    gutters = np.exp(-(((at - 15) / 2.2) ** 2)) + np.exp(-(((at - 49) / 2.2) ** 2))
    seed = 0.35 * (_wave(x, 8) * _wave(y, 8)) * ((at < 12) | (at > 52))
    relief = 2.6 * np.maximum(strand_a, strand_b) - 0.9 * gutters + seed
    return _lit(relief.astype(np.float32), 0.34) * (1 + 0.03 * _grain())


def _diagonal(period: int, strength: float, noise: float) -> Field:
    x, y = _axes()
    weave: Field = 1 + strength * _wave(x + y, period) + noise * _grain() + 0.5 * noise * _grain(64)
    return weave


_TEXTURES: dict[str, Callable[[], Field]] = {
    "none": lambda: np.ones((TILE_SIDE, TILE_SIDE), np.float32),
    "plain": lambda: 1 + 0.018 * _grain() + 0.008 * _streaks(True, 2),
    "jersey": lambda: 1 + 0.020 * _grain() + 0.012 * _grain(128) + 0.010 * _streaks(True, 2),
    "brushed": lambda: 1 + 0.030 * _grain(128) + 0.025 * _grain(64),
    "oxford": lambda: 1 + 0.05 * np.sign(_wave(_axes()[0], 4) * _wave(_axes()[1], 4)) + 0.02 * _grain(),
    "linen": lambda: 1 + 0.035 * _streaks(True, 1) + 0.04 * _streaks(False, 1) + 0.03 * _grain(),
    "denim": lambda: _diagonal(4, 0.05, 0.03) + 0.022 * _streaks(True, 2),
    "twill": lambda: _diagonal(4, 0.055, 0.02),
    "corduroy": lambda: _lit(1.2 * _ridges(_axes()[0], 8), 0.22) * (1 + 0.02 * _grain()),
    "fine_knit": lambda: _stitches(4, 4, 0.16),
    "knit": lambda: _stitches(8, 8, 0.30),
    "chunky_knit": lambda: _stitches(16, 12, 0.55),
    "cable": _cable,
    "rib": lambda: _lit(1.6 * _ridges(_axes()[0], 16), 0.26) * (1 + 0.02 * _grain()),
    "fine_rib": lambda: _lit(1.2 * _ridges(_axes()[0], 8), 0.16) * (1 + 0.02 * _grain()),
    "waffle": lambda: _lit(1.5 * np.maximum(_ridges(_axes()[0], 16), _ridges(_axes()[1], 16)), 0.3),
    "fleece": lambda: 1 + 0.022 * _grain(128) + 0.018 * _grain(64) + 0.012 * _grain(32),
    "sherpa": lambda: _lit(_grain(64) + 0.6 * _grain(128), 0.17),
    "felt": lambda: 1 + 0.026 * _grain(128) + 0.022 * _grain(64),
    "tweed": lambda: (
        1 + 0.07 * _grain(128) + 0.04 * _grain() + 0.05 * _wave(_axes()[0] + np.abs(_axes()[1] % 32 - 16), 8)
    ),
    "ripstop": lambda: 1 - 0.05 * ((_axes()[0] % 8 < 1) | (_axes()[1] % 8 < 1)) + 0.015 * _grain(),
    "pebble": lambda: _lit(_grain(128) * 0.5 + _grain(64) * 0.5, 0.03),
    "mesh": lambda: 1 - 0.13 * ((_axes()[0] % 4 < 2) & ((_axes()[1] + 2 * (_axes()[0] // 4 % 2)) % 4 < 2)),
}

"""A square sheet to draw motifs on: what leaves it at one edge comes in at the other."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tools.draw_catalogue.pieces import Colour

TILE_SIDE = 512


class Sheet:
    """A drawing surface of a tile's size whose shapes wrap around its edges."""

    def __init__(self, ground: Colour) -> None:
        self._image = Image.new("RGB", (TILE_SIDE * 3, TILE_SIDE * 3), ground)
        self._draw = ImageDraw.Draw(self._image)

    def blot(self, x: float, y: float, outline: NDArray[np.float64], colour: Colour) -> None:
        """Fill an outline, (K, 2) around its middle, at a place of the tile."""
        # No motif reaches further than this from its middle.
        reach = 32
        for px in (x + TILE_SIDE, x, x + 2 * TILE_SIDE):
            for py in (y + TILE_SIDE, y, y + 2 * TILE_SIDE):
                if TILE_SIDE - reach < min(px, py) and max(px, py) < 2 * TILE_SIDE + reach:
                    self._draw.polygon((outline + np.array((px, py))).ravel().tolist(), fill=colour)

    def tile(self) -> NDArray[np.float32]:
        """What was drawn, (S, S, 3) float32."""
        square = self._image.crop((TILE_SIDE, TILE_SIDE, 2 * TILE_SIDE, 2 * TILE_SIDE))
        return np.asarray(square, dtype=np.float32)


def ellipse(radius_x: float, radius_y: float, turn: float = 0.0, wobble: float = 0.0) -> NDArray[np.float64]:
    """The outline of an ellipse around the origin, (16, 2); `wobble` makes it a blot."""
    t = np.linspace(0, 2 * math.pi, 16, endpoint=False)
    reach = 1 + wobble * np.sin(3 * t + 7 * turn) * 0.6 + wobble * np.sin(5 * t + turn) * 0.4
    x, y = radius_x * reach * np.cos(t), radius_y * reach * np.sin(t)
    return np.column_stack([x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)])


def spread(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """Points that keep their distance, also around the tile's edges."""
    chosen = [rng.uniform(0, TILE_SIDE, 2)]
    for _ in range(count - 1):
        candidates = rng.uniform(0, TILE_SIDE, (10, 2))
        gaps = np.abs(candidates[:, None, :] - np.array(chosen)[None])
        distance = np.hypot(*np.moveaxis(np.minimum(gaps, TILE_SIDE - gaps), 2, 0)).min(axis=1)
        chosen.append(candidates[distance.argmax()])
    return np.array(chosen)

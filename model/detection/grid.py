"""The points at which a detector looks for garments."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Pixels between the points of each level.
STRIDES: Final = (8, 16, 32)
# Sides of the input are multiples of this.
COARSEST: Final = STRIDES[-1]


@lru_cache(maxsize=16)
def grid_points(height: int, width: int) -> NDArray[np.float32]:
    """All points of an input, level by level and row by row: (P, 2) float32, x and y in pixels; not to be written to.

    Args:
        height, width: of the input, pixels, multiples of `COARSEST`.
    """
    levels = []
    for stride in STRIDES:
        x = (np.arange(width // stride, dtype=np.float32) + 0.5) * stride
        y = (np.arange(height // stride, dtype=np.float32) + 0.5) * stride
        levels.append(np.stack(np.meshgrid(x, y), 2).reshape(-1, 2))
    points = np.concatenate(levels)
    points.flags.writeable = False
    return points

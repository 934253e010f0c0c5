"""Smooth random fields."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float32]


def resize(values: Field, height: int, width: int, filter_: Image.Resampling = Image.Resampling.BILINEAR) -> Field:
    """A field at another resolution.

    Args:
        values: (H, W) float32.
        height, width: of the result.
        filter_: how to interpolate.

    Returns:
        (height, width) float32.
    """
    return np.asarray(Image.fromarray(values).resize((width, height), filter_), dtype=np.float32)


def smooth_noise(rng: np.random.Generator, height: int, width: int, rows: int, columns: int) -> Field:
    """Noise with about `rows` x `columns` hills over the field.

    Returns:
        (height, width) float32, mean about 0, deviation under 1.
    """
    grid = rng.standard_normal((rows + 3, columns + 3), dtype=np.float32)
    return resize(grid, height, width, Image.Resampling.BICUBIC)


def blurred(values: Field, factor: int) -> Field:
    """A soft version of a field: fine detail of under `factor` samples is gone.

    Args:
        values: (H, W) float32.
        factor: samples.

    Returns:
        (H, W) float32.
    """
    height, width = values.shape
    small = resize(values, max(1, height // factor), max(1, width // factor), Image.Resampling.BOX)
    return resize(small, height, width, Image.Resampling.BICUBIC)


def tiled_noise(rng: np.random.Generator, side: int, cells: int) -> Field:
    """Noise that repeats without a seam.

    Args:
        rng: source of randomness.
        side: of the square field, samples.
        cells: hills per side; divides `side`.

    Returns:
        (side, side) float32, deviation about 1.
    """
    grid = rng.standard_normal((cells, cells), dtype=np.float32)
    if cells == side:
        return grid
    step = side // cells
    wrapped = np.pad(grid, 3, mode="wrap")
    wide = resize(wrapped, (cells + 6) * step, (cells + 6) * step, Image.Resampling.BICUBIC)
    field = wide[3 * step : 3 * step + side, 3 * step : 3 * step + side]
    return np.asarray(field / max(float(field.std()), 1e-6), dtype=np.float32)

"""Light on cloth: from heights to brightness."""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tools.draw_catalogue.noise import Field, blurred

# Towards the lamp: upper left, in front of the cloth.
_LAMP = np.array([-0.42, -0.55, 0.72]) / np.linalg.norm([-0.42, -0.55, 0.72])
_AMBIENT = 0.40


def brightness(height: Field, samples_per_cm: float) -> tuple[Field, Field, Field]:
    """How bright a relief is, seen from above.

    Args:
        height: (H, W) centimetres.
        samples_per_cm: resolution of the field.

    Returns:
        Brightness (1 for level cloth) and the slopes along x and y, each (H, W) float32.
    """
    slope_y, slope_x = np.gradient(height)
    slope_x *= samples_per_cm
    slope_y *= samples_per_cm
    norm = np.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
    facing = (_LAMP[2] - slope_x * _LAMP[0] - slope_y * _LAMP[1]) / (norm * _LAMP[2])
    light = _AMBIENT + (1.0 - _AMBIENT) * np.maximum(facing, 0.0)
    hollow = height - blurred(height, max(2, round(2.2 * samples_per_cm)))
    light *= 1.0 + np.clip(hollow * 0.45, -0.30, 0.10)
    return np.asarray(light, np.float32), np.asarray(slope_x, np.float32), np.asarray(slope_y, np.float32)


def rounded_edge(mask: Image.Image, radius: float) -> Field:
    """A bulge that is 0 at a shape's edge and 1 from about `radius` inwards.

    Args:
        mask: mode L, 255 inside.
        radius: samples.

    Returns:
        (H, W) float32, 0 to 1.
    """
    soft = np.asarray(mask.filter(ImageFilter.GaussianBlur(radius * 0.6)), dtype=np.float32)
    inside = np.clip(soft / 127.5 - 1.0, 0.0, 1.0)
    bulge: Field = 1.0 - (1.0 - inside) ** 2
    return bulge


def worn_form(mask: Image.Image, exponent: float, grain: float) -> Field:
    """The bulge of a body or arm inside a shape: 0 at its sides, 1 along its middle.

    Args:
        mask: mode L, 255 inside.
        exponent: how flat the middle is; 2 for a cylinder.
        grain: direction of the body against the vertical, radians.

    Returns:
        (H, W) float32, 0 to 1.
    """
    if abs(grain) < 0.03:
        return _upright_form(np.asarray(mask) > 127, exponent)
    # The window grows first: turned corners must not fall out of it.
    margin = max(mask.size) // 2
    wide = Image.new("L", (mask.width + 2 * margin, mask.height + 2 * margin), 0)
    wide.paste(mask, (margin, margin))
    turned = wide.rotate(-math.degrees(grain), Image.Resampling.BILINEAR)
    form = Image.fromarray(_upright_form(np.asarray(turned) > 127, exponent))
    back = form.rotate(math.degrees(grain), Image.Resampling.BILINEAR)
    return np.asarray(back, dtype=np.float32)[margin : margin + mask.height, margin : margin + mask.width]


def _upright_form(inside: NDArray[np.bool_], exponent: float) -> Field:
    rows = np.flatnonzero(inside.any(axis=1))
    height, width = inside.shape
    if rows.size < 5:
        return np.zeros((height, width), np.float32)
    left = inside[rows].argmax(axis=1).astype(np.float64)
    right = (width - 1 - inside[rows, ::-1].argmax(axis=1)).astype(np.float64)
    # A rounded hem or a slanting opening is cut from the body; it does not make the body narrower.
    last = rows.size - 1 - min(max(rows.size // 7, 4), 40)
    left[last:], right[last:] = np.minimum(left[last], left[last:]), np.maximum(right[last], right[last:])
    kernel = np.ones(9) / 9
    every = np.arange(height)
    left = np.convolve(np.pad(np.interp(every, rows, left), 4, mode="edge"), kernel, mode="valid")
    right = np.convolve(np.pad(np.interp(every, rows, right), 4, mode="edge"), kernel, mode="valid")
    middle = ((left + right) / 2)[:, None].astype(np.float32)
    half = np.maximum((right - left) / 2, 2.0)[:, None].astype(np.float32)
    across = np.abs(np.arange(width, dtype=np.float32) - middle) / half
    form: Field = 1.0 - np.minimum(across, np.float32(1.05)) ** np.float32(exponent)
    return form


def soft_shadow(mask: Image.Image, radius: float, shift: tuple[int, int]) -> NDArray[np.uint8]:
    """The blurred shadow of a shape.

    Args:
        mask: mode L, 255 inside.
        radius: of the blur, samples.
        shift: (right, down), samples.

    Returns:
        (H, W) uint8, 255 where fully shaded.
    """
    moved = mask.crop((-shift[0], -shift[1], mask.width - shift[0], mask.height - shift[1]))
    return np.asarray(moved.filter(ImageFilter.GaussianBlur(radius)))

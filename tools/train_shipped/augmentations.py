"""Distortions of views on the device, without a loop over the pictures."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from model.training.lookalikes.jpeg import jpeg_compressed
from tools.train_shipped.config import ViewConfig
from tools.train_shipped.draws import Draws

_LUMA = (0.299, 0.587, 0.114)
# Phone photos often lie on their side.
_QUARTER_TURNS = 0.04
_OTHER_FILL = 0.25


def moved(values: Tensor, border: Tensor, strong: Tensor, draws: Draws) -> Tensor:
    """Rotate, scale, tilt, shift and mirror; uncovered areas get the colour of the border or a random one.

    Args:
        values: (B, 3, S, S) float32, 0 to 1.
        border: (B, 3, 1, 1) float32.
        strong: (B,) bool, which pictures are moved as in hand-held photos; the others only a little.
        draws: of everything random.

    Returns:
        (B, 3, S, S) float32.
    """
    count, size, device = len(values), values.shape[-1], values.device
    strongly = strong.to(values.dtype)
    angle = draws.between(-1, 1, count) * (4 + 18 * strongly) * (math.pi / 180)
    turned = draws.chance(count, _QUARTER_TURNS) & strong
    angle = angle + turned * (math.pi / 2) * draws.signs(count)
    zoom = 1 + draws.between(-1, 1, count) * (0.06 + 0.24 * strongly)
    stretch = 1 + draws.between(-1, 1, count) * (0.03 + 0.09 * strongly)
    mirror = draws.signs(count)
    shift = draws.between(-1, 1, count, 2) * (0.04 + 0.12 * strongly)[:, None]
    tilt = draws.between(-1, 1, count, 2) * (0.16 * strongly)[:, None]
    cos, sin = torch.cos(angle), torch.sin(angle)
    matrix = torch.stack(
        (
            torch.stack((cos * zoom * stretch * mirror, -sin * zoom, shift[:, 0]), 1),
            torch.stack((sin * zoom * mirror, cos * zoom / stretch, shift[:, 1]), 1),
            torch.stack((tilt[:, 0], tilt[:, 1], torch.ones_like(angle)), 1),
        ),
        1,
    )
    line = (torch.arange(size, device=device) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(line, line, indexing="ij")
    projected = matrix @ torch.stack((x.flatten(), y.flatten(), torch.ones(size * size, device=device)))
    grid = (projected[:, :2] / projected[:, 2:]).transpose(1, 2).reshape(count, size, size, 2)
    other = draws.chance(count, _OTHER_FILL)[:, None, None, None]
    fill = torch.where(other, draws.between(0, 1, count, 3, 1, 1), border)
    covered = torch.cat((values, torch.ones_like(values[:, :1])), 1)
    sampled = F.grid_sample(covered, grid, mode="bilinear", align_corners=False)
    return sampled[:, :3] + (1 - sampled[:, 3:]) * fill


def lit(values: Tensor, chosen: Tensor, draws: Draws) -> Tensor:
    """Change exposure, contrast, saturation and white balance, little enough that colours keep their names.

    Args:
        values: (B, 3, S, S) float32, 0 to 1.
        chosen: (B,) bool, which pictures.
        draws: of everything random.

    Returns:
        (B, 3, S, S) float32, 0 to 1.
    """
    amount = chosen.to(values.dtype)[:, None, None, None]

    def change(most: float, channels: int = 1) -> Tensor:
        return amount * draws.between(-most, most, len(values), channels, 1, 1)

    result = values.clamp(1e-4, 1.0) ** torch.exp(change(0.35)) * (1 + change(0.2)) * (1 + change(0.07, 3))
    luma = torch.tensor(_LUMA, device=values.device).view(1, 3, 1, 1)
    grey = (result * luma).sum(1, keepdim=True)
    result = grey + (result - grey) * (1 + change(0.25))
    mean = result.mean((1, 2, 3), keepdim=True)
    return (mean + (result - mean) * (1 + change(0.25))).clamp(0.0, 1.0)


def degraded(values: Tensor, calm: Tensor, config: ViewConfig, draws: Draws) -> Tensor:
    """Blur, add grain, cover a part and compress as JPEG, each for a share of the pictures.

    Args:
        values: (B, 3, S, S) float32, 0 to 1.
        calm: (B,) bool, pictures that stay as they are.
        config: the shares.
        draws: of everything random.

    Returns:
        (B, 3, S, S) float32, 0 to 1.
    """
    count, size = len(values), values.shape[-1]

    def chosen(share: float) -> Tensor:
        return (draws.chance(count, share) & ~calm)[:, None, None, None]

    smaller = int(draws.single(0.3, 0.9) * size)
    small = F.interpolate(values, size=(smaller, smaller), mode="bilinear", antialias=True)
    blurred = F.interpolate(small, size=(size, size), mode="bilinear", align_corners=False)
    values = torch.where(chosen(config.blurred), blurred, values)
    values = values + chosen(config.grainy) * draws.between(-0.06, 0.06, *values.shape)
    rectangle = chosen(config.erased) & _rectangles(count, size, draws)
    values = torch.where(rectangle, draws.between(0, 1, count, 3, 1, 1), values)
    compressed = draws.chance(count, config.compressed) & ~calm
    if bool(compressed.any()):
        quality = draws.between(35.0, 92.0, int(compressed.sum()))
        values[compressed] = jpeg_compressed(values[compressed].clamp(0.0, 1.0), quality)
    return values.clamp(0.0, 1.0)


def _rectangles(count: int, size: int, draws: Draws) -> Tensor:
    """True inside a rectangle, like a hand, a price tag or a button of an app: (count, 1, size, size) bool."""
    height, width = draws.between(0.1, 0.4, count), draws.between(0.1, 0.4, count)
    top, left = draws.between(0, 1, count) * (1 - height), draws.between(0, 1, count) * (1 - width)
    line = (torch.arange(size, device=draws.device) + 0.5) / size
    rows = (line >= top[:, None]) & (line <= (top + height)[:, None])
    columns = (line >= left[:, None]) & (line <= (left + width)[:, None])
    return (rows[:, :, None] & columns[:, None, :])[:, None]

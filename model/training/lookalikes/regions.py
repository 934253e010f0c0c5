"""Samples rectangles of large pictures as squares, on the device that holds the pictures."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

# Of the large pictures as float32, so that a batch of them needs not fit into memory.
_AT_ONCE = 64
_SHORTEST_SIDE = 2.0


@dataclass(frozen=True, slots=True)
class Turn:
    """How rectangles are turned around their centres.

    Attributes:
        angle: (B,) float32, radians.
        mirror: (B,) float32, -1 where the rectangle is mirrored, else 1.
    """

    angle: Tensor
    mirror: Tensor


def sample_regions(
    pictures: Tensor, rows: Tensor, boxes: Tensor, size: int, turn: Turn | None = None
) -> tuple[Tensor, Tensor]:
    """Sample a rectangle of each picture so that its longer side fills a square and its aspect ratio stays.

    Args:
        pictures: (N, 3, H, W) uint8.
        rows: (B,) int64, which picture each rectangle is on.
        boxes: (B, 4) float32, x1, y1, x2, y2 in pixels; may reach over the picture, whose outermost pixels go on there.
        size: side of the squares, pixels.
        turn: of each rectangle, or None for upright ones.

    Returns:
        (B, 3, size, size) float32, 0 to 1; and (B, 1, size, size) float32, 1 inside the rectangle, 0 in what the
        square shows beside it.
    """
    device = pictures.device
    x1, y1, x2, y2 = boxes.unbind(1)
    width, height = (x2 - x1).clamp(min=_SHORTEST_SIDE), (y2 - y1).clamp(min=_SHORTEST_SIDE)
    side = torch.maximum(width, height)[:, None, None]
    line = (torch.arange(size, device=device) + 0.5) / size * 2 - 1
    y, x = torch.meshgrid(line, line, indexing="ij")
    x, y = x[None].expand(len(rows), -1, -1), y[None].expand(len(rows), -1, -1)
    if turn is not None:
        x = x * turn.mirror[:, None, None]
        cos, sin = torch.cos(turn.angle)[:, None, None], torch.sin(turn.angle)[:, None, None]
        x, y = x * cos - y * sin, x * sin + y * cos
    inside = (x.abs() * side <= width[:, None, None]) & (y.abs() * side <= height[:, None, None])
    across = ((x1 + x2) / 2)[:, None, None] + x * side / 2
    down = ((y1 + y2) / 2)[:, None, None] + y * side / 2
    grid = torch.stack((across / pictures.shape[3] * 2 - 1, down / pictures.shape[2] * 2 - 1), 3)
    sampled = [
        F.grid_sample(
            pictures[rows[start : start + _AT_ONCE]].float().div_(255.0),
            grid[start : start + _AT_ONCE],
            mode="bilinear",
            align_corners=False,
            padding_mode="border",
        )
        for start in range(0, len(rows), _AT_ONCE)
    ]
    return torch.cat(sampled), inside[:, None].float()

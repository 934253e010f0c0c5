"""Plain backgrounds of product pictures: their colour, and the object in front of them."""

import torch
import torch.nn.functional as F
from torch import Tensor

_TOLERANCE = 14.0 / 255.0


def border_colours(values: Tensor) -> Tensor:
    """The median colour of each picture's outermost pixels: (B, 3, P, P) -> (B, 3, 1, 1)."""
    edges = torch.cat((values[:, :, 0], values[:, :, -1], values[:, :, :, 0], values[:, :, :, -1]), dim=2)
    return edges.median(dim=2).values[:, :, None, None]


def object_mask(values: Tensor, border: Tensor) -> tuple[Tensor, Tensor]:
    """Find the object on a plain background: its mask (B, 1, P, P), and whether the background is plain (B,)."""
    differs = ((values - border).abs().amax(1, keepdim=True) > _TOLERANCE).to(values.dtype)
    mask = differs.clone()
    for axis in (2, 3):
        # All pixels between the first and the last that differ, so that white cloth stays part of the object.
        before = differs.cummax(axis).values
        after = differs.flip(axis).cummax(axis).values.flip(axis)
        inside = before * after
        mask = inside if axis == 2 else mask * inside
    share = mask.mean((1, 2, 3))
    rim = torch.cat((differs[:, 0, 0], differs[:, 0, -1], differs[:, 0, :, 0], differs[:, 0, :, -1]), 1)
    plain = (rim.mean(1) < 0.1) & (share > 0.02) & (share < 0.95)
    soft = F.avg_pool2d(mask, 3, stride=1, padding=1)
    return soft, plain

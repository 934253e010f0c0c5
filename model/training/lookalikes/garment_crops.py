"""How garments are cut out of photos: boxes as careless as customers', and what a square shows beside a box."""

import torch
import torch.nn.functional as F
from torch import Tensor

# Pixels at the rim of a garment's box whose colour fills what a square shows beside the box.
_RIM = 2
_LEAST_SHARE = 0.3


def moved_boxes(boxes: Tensor, grow: Tensor, steps: Tensor) -> Tensor:
    """Move each side of each box by itself.

    Args:
        boxes: (B, 4) float32, x1, y1, x2, y2.
        grow: (B,) float32, how far all sides move outwards, as a share of the box.
        steps: (4, B) float32, how much further each side moves: left, right, top, bottom.

    Returns:
        (B, 4) float32; a side keeps three tenths of its length at least.
    """
    x1, y1, x2, y2 = boxes.unbind(1)
    width, height = x2 - x1, y2 - y1
    left, right, top, bottom = grow + steps
    x1, x2 = x1 - width * left, x2 + width * right
    y1, y2 = y1 - height * top, y2 + height * bottom
    x1, x2 = torch.minimum(x1, x2 - width * _LEAST_SHARE), torch.maximum(x2, x1 + width * _LEAST_SHARE)
    y1, y2 = torch.minimum(y1, y2 - height * _LEAST_SHARE), torch.maximum(y2, y1 + height * _LEAST_SHARE)
    return torch.stack((x1, y1, x2, y2), 1)


def on_rim_colour(values: Tensor, inside: Tensor, shown: Tensor) -> Tensor:
    """Replace what is not shown by the mean colour of the rim of each garment's box.

    Args:
        values: (B, 3, S, S) float32.
        inside: (B, 1, S, S) float32, 1 inside the box.
        shown: (B, 1, S, S) float32, 1 where `values` stay.

    Returns:
        (B, 3, S, S) float32.
    """
    inner = 1 - F.max_pool2d(1 - inside, 2 * _RIM + 1, stride=1, padding=_RIM)
    rim = inside - inner
    colour = (values * rim).sum((2, 3), keepdim=True) / rim.sum((2, 3), keepdim=True).clamp(min=1)
    return shown * values + (1 - shown) * colour

"""Garments in street photos on the device, cut out as customers would."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from tools.train_shipped.draws import Draws
from tools.train_shipped.regions import Turn, sample_regions

# Pixels at the rim of a garment's box whose colour fills what a square shows beside the box.
_RIM = 2
_LEAST_SHARE = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class StreetGarments:
    """G garments in S photos.

    Attributes:
        pixels: (S, 3, 640, 640) uint8, each photo in the top left corner.
        sizes: (S, 2) float32, width and height of each photo, pixels.
        photo_held_out: (S,) bool, which photos are kept for scoring.
        boxes: (G, 4) float32, x1, y1, x2, y2 of each garment in its photo, pixels.
        photo_of: (G,) int64, row of the photo.
        categories: (G,) int64, numbers of their classes.
        allowed: (G, types) bool, the types of products that each garment may be.
    """

    pixels: Tensor
    sizes: Tensor
    photo_held_out: Tensor
    boxes: Tensor
    photo_of: Tensor
    categories: Tensor
    allowed: Tensor

    def __len__(self) -> int:
        return len(self.boxes)

    @property
    def held_out(self) -> Tensor:
        """Which garments are kept for scoring: all of a held-out photo, (G,) bool."""
        return self.photo_held_out[self.photo_of]

    @property
    def training_rows(self) -> Tensor:
        """The garments that may be trained on: (T,) int64."""
        return (~self.held_out).nonzero().flatten()

    @property
    def training_photos(self) -> Tensor:
        """The photos that may be trained on, also those without garments: (T,) int64."""
        return (~self.photo_held_out).nonzero().flatten()

    def plain(self, rows: Tensor, size: int) -> Tensor:
        """Some garments, cut out exactly, on the colour of the rim: (B,) int64 -> (B, 3, size, size) float32."""
        values, inside = sample_regions(self.pixels, self.photo_of[rows], self.boxes[rows], size)
        return _on_rim_colour(values, inside, inside)

    def jittered(self, rows: Tensor, size: int, neighbours: float, draws: Draws) -> Tensor:
        """Some garments, cut out carelessly: boxes that are moved, grown, turned and mirrored.

        Args:
            rows: (B,) int64.
            size: side of the result, pixels.
            neighbours: share of garments beside which the photo stays visible.
            draws: of everything random.

        Returns:
            (B, 3, size, size) float32, 0 to 1.
        """
        count = len(rows)
        boxes = _moved_boxes(self.boxes[rows], draws)
        turn = Turn(draws.normal(0.1, count), draws.signs(count))
        values, inside = sample_regions(self.pixels, self.photo_of[rows], boxes, size, turn)
        kept = draws.chance(count, neighbours).float()[:, None, None, None]
        return _on_rim_colour(values, inside, torch.maximum(inside, kept))

    def patches(self, photos: Tensor, size: int, draws: Draws) -> Tensor:
        """A square part of each of some photos, of a quarter to nine tenths of its shorter side.

        Args:
            photos: (B,) int64, rows of photos.
            size: side of the result, pixels.
            draws: which part.

        Returns:
            (B, 3, size, size) float32, 0 to 1.
        """
        widths, heights = self.sizes[photos].unbind(1)
        side = torch.minimum(widths, heights) * draws.between(0.25, 0.9, len(photos))
        x = draws.between(0.0, 1.0, len(photos)) * (widths - side)
        y = draws.between(0.0, 1.0, len(photos)) * (heights - side)
        return sample_regions(self.pixels, photos, torch.stack((x, y, x + side, y + side), 1), size)[0]


def _moved_boxes(boxes: Tensor, draws: Draws) -> Tensor:
    """Move each side of each box by itself: (B, 4) float32 -> (B, 4) float32."""
    x1, y1, x2, y2 = boxes.unbind(1)
    width, height = x2 - x1, y2 - y1
    grow = draws.between(-0.03, 0.12, len(boxes))

    def step() -> Tensor:
        return grow + draws.normal(0.07, len(boxes))

    x1, x2 = x1 - width * step(), x2 + width * step()
    y1, y2 = y1 - height * step(), y2 + height * step()
    x1, x2 = torch.minimum(x1, x2 - width * _LEAST_SHARE), torch.maximum(x2, x1 + width * _LEAST_SHARE)
    y1, y2 = torch.minimum(y1, y2 - height * _LEAST_SHARE), torch.maximum(y2, y1 + height * _LEAST_SHARE)
    return torch.stack((x1, y1, x2, y2), 1)


def _on_rim_colour(values: Tensor, inside: Tensor, shown: Tensor) -> Tensor:
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

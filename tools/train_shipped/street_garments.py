"""Garments in street photos on the device, cut out as customers would."""

from dataclasses import dataclass

import torch
from torch import Tensor

from model.training.lookalikes.garment_crops import moved_boxes, on_rim_colour
from model.training.lookalikes.regions import Turn, sample_regions
from tools.train_shipped.draws import Draws


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
        return on_rim_colour(values, inside, inside)

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
        grow = draws.between(-0.03, 0.12, count)
        boxes = moved_boxes(self.boxes[rows], grow, torch.stack([draws.normal(0.07, count) for _ in range(4)]))
        turn = Turn(draws.normal(0.1, count), draws.signs(count))
        values, inside = sample_regions(self.pixels, self.photo_of[rows], boxes, size, turn)
        kept = draws.chance(count, neighbours).float()[:, None, None, None]
        return on_rim_colour(values, inside, torch.maximum(inside, kept))

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

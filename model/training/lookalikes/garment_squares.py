"""Decoded garments of street photos, each with what is around it, and the squares that are cut out of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.training.lookalikes.garment_crops import moved_boxes, on_rim_colour
from model.training.lookalikes.picture_store import OVERSIZE
from model.training.lookalikes.regions import Turn, sample_regions
from model.training.lookalikes.street import Garment

# A garment has about as many pixels as another picture, with what is around it beside it.
GARMENT_OVERSIZE = 1.25 * OVERSIZE
# Share of garments beside which the photo, with its neighbours, stays visible.
_NEIGHBOURS = 0.25
# How far customers' boxes are off, as shares of the box, and how far photos are tilted, radians.
_SMALLEST_GROWTH, _LARGEST_GROWTH = -0.03, 0.12
_SIDE_DEVIATION, _TILT_DEVIATION = 0.07, 0.1


@dataclass(frozen=True, slots=True, eq=False)
class GarmentSquares:
    """G garments.

    Attributes:
        pixels: (G, Q, Q, 3) uint8, a garment and what is around it, padded to a square; may be memory-mapped.
        boxes: (G, 4) float32, x1, y1, x2, y2 of the garment itself, pixels of the square.
    """

    pixels: NDArray[np.uint8]
    boxes: NDArray[np.float32]

    @classmethod
    def of(cls, pixels: NDArray[np.uint8], garments: Sequence[Garment]) -> "GarmentSquares":
        """Find each garment in the square that was made of its cut.

        Args:
            pixels: see above.
            garments: G.
        """
        return cls(
            pixels, np.array([_in_square(each, pixels.shape[1]) for each in garments], np.float32).reshape(-1, 4)
        )

    def __len__(self) -> int:
        return len(self.boxes)

    def plain(self, rows: NDArray[np.int64], size: int) -> NDArray[np.uint8]:
        """Garments cut out exactly, on the colour of their rim: (B,) int64 -> (B, size, size, 3) uint8."""
        if not len(rows):
            return np.zeros((0, size, size, 3), np.uint8)
        values, inside = self._sampled(rows, torch.from_numpy(self.boxes[rows]), size, None)
        return _as_bytes(on_rim_colour(values, inside, inside))

    def jittered(self, rows: NDArray[np.int64], size: int, generator: torch.Generator) -> NDArray[np.uint8]:
        """Garments cut out carelessly: boxes that are moved, grown, turned and mirrored, some with their neighbours.

        Args:
            rows: (B,) int64.
            size: side of the result, pixels.
            generator: on the CPU.

        Returns:
            (B, size, size, 3) uint8.
        """
        count = len(rows)
        grow = torch.rand(count, generator=generator) * (_LARGEST_GROWTH - _SMALLEST_GROWTH) + _SMALLEST_GROWTH
        steps = torch.randn(4, count, generator=generator) * _SIDE_DEVIATION
        tilt = torch.randn(count, generator=generator) * _TILT_DEVIATION
        mirrored = torch.rand(count, generator=generator) < 0.5
        kept = (torch.rand(count, generator=generator) < _NEIGHBOURS).float()[:, None, None, None]
        boxes = moved_boxes(torch.from_numpy(self.boxes[rows]), grow, steps)
        turn = Turn(tilt, torch.where(mirrored, -1.0, 1.0))
        values, inside = self._sampled(rows, boxes, size, turn)
        return _as_bytes(on_rim_colour(values, inside, torch.maximum(inside, kept)))

    def _sampled(self, rows: NDArray[np.int64], boxes: Tensor, size: int, turn: Turn | None) -> tuple[Tensor, Tensor]:
        pixels = torch.from_numpy(np.ascontiguousarray(self.pixels[rows])).permute(0, 3, 1, 2)
        return sample_regions(pixels, torch.arange(len(rows)), boxes, size, turn)


def _in_square(garment: Garment, side: int) -> tuple[float, float, float, float]:
    crop, inner = garment.item.crop or (0, 0, 1, 1), garment.inner
    width, height = crop[2] - crop[0], crop[3] - crop[1]
    across, down = side * width / max(width, height), side * height / max(width, height)
    left, top = (side - across) / 2, (side - down) / 2
    return left + inner.x1 * across, top + inner.y1 * down, left + inner.x2 * across, top + inner.y2 * down


def _as_bytes(values: Tensor) -> NDArray[np.uint8]:
    pixels: NDArray[np.uint8] = values.mul(255).round_().clamp_(0, 255).byte().permute(0, 2, 3, 1).numpy()
    return pixels

"""Customers' photos on the device, with their classes."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, slots=True, eq=False)
class CustomerPhotos:
    """M photos.

    Attributes:
        pixels: (M, 3, 224, 224) uint8.
        categories: (M,) int64, numbers of their classes.
        allowed: (M, types) bool, the types of products that each photo may show.
        held_out: (M,) bool, which photos are kept for scoring.
        held_out_sets: by the name of the folder that they are from, rows of held-out photos, int64.
    """

    pixels: Tensor
    categories: Tensor
    allowed: Tensor
    held_out: Tensor
    held_out_sets: Mapping[str, Tensor]

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def training_rows(self) -> Tensor:
        """The rows that may be trained on: (T,) int64."""
        return (~self.held_out).nonzero().flatten()

    def plain(self, rows: Tensor, size: int) -> Tensor:
        """Some photos as they are: (B,) int64 -> (B, 3, size, size) float32, 0 to 1."""
        return F.interpolate(self.pixels[rows].float(), size=(size, size), mode="bilinear", antialias=True) / 255

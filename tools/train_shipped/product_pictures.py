"""The pictures of the products on the device, small and large, with their labels."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from tools.train_shipped.draws import Draws
from tools.train_shipped.pixels import SMALL_SIDE

_SHRUNK_AT_ONCE = 512


@dataclass(frozen=True, slots=True, eq=False)
class ProductPictures:
    """N products; the first L of them have large pictures as well.

    Attributes:
        small: (N, 3, 80, 80) uint8.
        large: (L, 3, 224, 224) uint8.
        labels: (N, targets) int64, the value of each target, -1 where unknown.
        groups: (N,) int64, the same number for products with the same title.
        held_out: (N,) bool, which products are kept for scoring.
    """

    small: Tensor
    large: Tensor
    labels: Tensor
    groups: Tensor
    held_out: Tensor

    def __len__(self) -> int:
        return len(self.small)

    @property
    def training_rows(self) -> Tensor:
        """The rows that may be trained on, which are those with a known type: (T,) int64."""
        return (~self.held_out & (self.labels[:, 0] >= 0)).nonzero().flatten()

    def plain(self, rows: Tensor, size: int) -> Tensor:
        """The small pictures of some products: (B,) int64 -> (B, 3, size, size) float32, 0 to 1."""
        return _scaled(self.small[rows], size)

    def plain_large(self, rows: Tensor, size: int) -> Tensor:
        """The large pictures of some of the first L products: (B,) int64 -> (B, 3, size, size) float32, 0 to 1."""
        return _scaled(self.large[rows], size)

    def plain_mixed(self, rows: Tensor, size: int, large_share: float, draws: Draws) -> Tensor:
        """The pictures of some products: large ones for a share of those that have one, small ones for the others.

        Args:
            rows: (B,) int64.
            size: side of the result, pixels.
            large_share: of the products that have a large picture.
            draws: which.

        Returns:
            (B, 3, size, size) float32, 0 to 1.
        """
        shown = self.plain(rows, size)
        large = (rows < len(self.large)) & draws.chance(len(rows), large_share)
        if bool(large.any()):
            shown[large] = self.plain_large(rows[large], size)
        return shown


def shrunk(large: Tensor) -> Tensor:
    """Large pictures as small ones: (L, 3, 224, 224) uint8 -> (L, 3, 80, 80) uint8."""
    parts = [
        F.interpolate(part.float(), size=(SMALL_SIDE, SMALL_SIDE), mode="bicubic", antialias=True)
        .round()
        .clamp(0, 255)
        .byte()
        for part in torch.split(large, _SHRUNK_AT_ONCE)
        if len(part)
    ]
    return torch.cat([*parts, large.new_empty((0, 3, SMALL_SIDE, SMALL_SIDE))])


def enlarged(values: Tensor, size: int) -> Tensor:
    """Pictures at the size of the network's input: (B, 3, S, S) float32, 0 to 1 -> (B, 3, size, size) float32."""
    if values.shape[-1] == size:
        return values
    return F.interpolate(values, size=(size, size), mode="bicubic", antialias=True).clamp(0.0, 1.0)


def _scaled(pictures: Tensor, size: int) -> Tensor:
    return F.interpolate(pictures.float(), size=(size, size), mode="bicubic", antialias=True).clamp(0, 255) / 255

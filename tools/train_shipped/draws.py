"""Random numbers of a training, drawn on its device from one seed."""

import torch
from torch import Tensor


class Draws:
    """Random tensors from one generator on a device, and single numbers from another one on the CPU.

    A single number would otherwise have to be fetched from the device, which waits for all its work.

    Args:
        device: of the tensors.
        seed: of both generators.
    """

    def __init__(self, device: torch.device, seed: int) -> None:
        self.device = device
        self._generator = torch.Generator(device).manual_seed(seed)
        self._single = torch.Generator().manual_seed(seed)

    def between(self, low: float, high: float, *shape: int) -> Tensor:
        """Evenly distributed: float32 of a shape, `low` to `high`."""
        return torch.rand(shape, generator=self._generator, device=self.device) * (high - low) + low

    def normal(self, deviation: float, count: int) -> Tensor:
        """Normally distributed around 0: (count,) float32."""
        return torch.randn(count, generator=self._generator, device=self.device) * deviation

    def chance(self, count: int, share: float) -> Tensor:
        """True for a share of the rows: (count,) bool."""
        return self.between(0.0, 1.0, count) < share

    def signs(self, count: int) -> Tensor:
        """1 or -1: (count,) float32."""
        return torch.where(self.chance(count, 0.5), 1.0, -1.0)

    def integers(self, high: int, count: int) -> Tensor:
        """0 to below `high`: (count,) int64."""
        return torch.randint(high, (count,), generator=self._generator, device=self.device)

    def weighted(self, weights: Tensor, count: int) -> Tensor:
        """Positions in `weights`, each as often as its weight says, drawn with replacement: (count,) int64."""
        return torch.multinomial(weights, count, replacement=True, generator=self._generator)

    def single(self, low: float, high: float) -> float:
        """One number, `low` to `high`."""
        return float(torch.rand((), generator=self._single)) * (high - low) + low

    def single_integer(self, high: int) -> int:
        """One number, 0 to below `high`."""
        return int(torch.randint(high, (), generator=self._single))

"""Named figures over the steps of an epoch."""

from collections.abc import Mapping

import torch
from torch import Tensor

_SMOOTHING = 0.95


class RunningFigures:
    """Means of named figures over an epoch, and moving averages for the progress bar.

    Attributes:
        recent: moving average of each figure over the last steps.
    """

    def __init__(self) -> None:
        self._sums: dict[str, float] = {}
        self._steps = 0
        self.recent: dict[str, float] = {}

    def add(self, figures: Mapping[str, Tensor]) -> None:
        """Add the figures of a step, () each; every step has the same names."""
        # Stacked, so that a GPU hands all of them over at once.
        values = torch.stack([value.detach() for value in figures.values()]).double().tolist()
        for name, value in zip(figures, values, strict=True):
            self._sums[name] = self._sums.get(name, 0.0) + value
            self.recent[name] = _SMOOTHING * self.recent.get(name, value) + (1 - _SMOOTHING) * value
        self._steps += 1

    def means(self) -> dict[str, float]:
        """The mean of each figure over the steps so far, at least one."""
        return {name: total / self._steps for name, total in self._sums.items()}

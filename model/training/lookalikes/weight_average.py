"""The running average of the weights: what is tested, saved, and embeds the pictures in the item memory."""

from collections.abc import Callable
from typing import cast

import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from model.network import LookalikeNetwork

Average = Callable[[tuple[Tensor, ...] | list[Tensor], tuple[Tensor, ...] | list[Tensor], Tensor | int], None]


class WeightAverage(AveragedModel):
    """Exponential moving average of a network's weights and batch statistics.

    The decay warms up, so that the random initial weights are forgotten soon: after n updates it is
    (1 + n) / (10 + n), until that exceeds the final decay.

    Args:
        network: its weights are the first value of the average; copied.
        decay: final decay, 0 to below 1.
    """

    def __init__(self, network: LookalikeNetwork, decay: float) -> None:
        super().__init__(network, multi_avg_fn=_warmed_up_ema(decay), use_buffers=True)
        self.eval().requires_grad_(False)
        # torch's first update only copies. Made here, it lets the first step of the training already average.
        self.update_parameters(network)

    @property
    def network(self) -> LookalikeNetwork:
        """The network with the averaged weights, in eval mode."""
        return cast(LookalikeNetwork, self.module)


def _warmed_up_ema(decay: float) -> Average:
    def update(
        averaged: tuple[Tensor, ...] | list[Tensor], current: tuple[Tensor, ...] | list[Tensor], updates: Tensor | int
    ) -> None:
        if averaged[0].is_floating_point():
            keep = min(decay, (1 + int(updates)) / (10 + int(updates)))
            torch._foreach_lerp_(averaged, current, 1 - keep)
        else:
            # Counters, such as the number of batches that a batch normalisation has seen.
            for old, new in zip(averaged, current, strict=True):
                old.copy_(new)

    return update

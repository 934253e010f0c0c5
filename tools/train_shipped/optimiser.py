"""AdamW with a learning rate that follows the clock."""

import math

import torch
from torch import nn

from model.network import LookalikeNetwork
from tools.train_shipped.config import TrainingConfig


class TimedOptimiser:
    """AdamW over a network and the heads of its objective, with gradient clipping.

    The backbone has a learning rate of its own. Norms and biases are not decayed.

    Args:
        network: to train, in place.
        objective: whose parameters are trained as well.
        config: rates, weight decay, warm-up and clipping.
    """

    def __init__(self, network: LookalikeNetwork, objective: nn.Module, config: TrainingConfig) -> None:
        self._config = config
        trunk = list(network.backbone.parameters())
        heads = [] if network.head is None else list(network.head.parameters())
        new = [*network.projection.parameters(), *heads, *objective.parameters()]
        self._parameters = [*trunk, *new]
        self._steps = 0
        self._highest = [rate for rate in (config.backbone_lr, config.lr) for _ in range(2)]
        groups = [
            {
                "params": [parameter for parameter in parameters if (parameter.ndim > 1) == decayed],
                "weight_decay": config.weight_decay if decayed else 0.0,
            }
            for parameters in (trunk, new)
            for decayed in (True, False)
        ]
        fused = self._parameters[0].is_cuda
        self._optimiser = torch.optim.AdamW(groups, lr=config.lr, betas=(0.9, 0.99), fused=fused)

    def step(self, loss: torch.Tensor, done: float) -> None:
        """Change the parameters by one step.

        Args:
            loss: () float32.
            done: share of the training's time that is over, 0 to 1.
        """
        factor = rate_factor(self._steps, done, self._config.warmup_steps)
        for group, highest in zip(self._optimiser.param_groups, self._highest, strict=True):
            group["lr"] = highest * factor
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self._parameters, self._config.clip)
        self._optimiser.step()
        self._steps += 1


def rate_factor(step: int, done: float, warmup_steps: int) -> float:
    """Factor of the highest learning rate: a half cosine over the time, times a linear warm-up over the first steps.

    Args:
        step: steps that were made before.
        done: share of the time that is over, 0 to 1.
        warmup_steps: until the warm-up is over.
    """
    return min(1.0, (step + 1) / warmup_steps) * 0.5 * (1 + math.cos(math.pi * done))

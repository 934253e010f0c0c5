"""The learning-rate schedule: linear warm-up, then a half cosine to 0."""

import math

from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR


def warmup_cosine(optimiser: Optimizer, *, warmup_steps: int, steps: int, done: int = 0) -> LambdaLR:
    """A schedule over the steps of a training; it is stepped after each step of the optimiser.

    Args:
        optimiser: the learning rates that its groups were made with are the highest.
        warmup_steps: steps until the highest rate is reached; at most a tenth of all steps.
        steps: of the whole training; after the last the rate is 0.
        done: steps that a resumed training has made. The schedule depends on nothing else, so it needs no saved state.
    """
    # A short training must not end before it has warmed up.
    warmup = min(warmup_steps, steps // 10)

    def factor(step: int) -> float:
        if step < warmup:
            return (step + 1) / warmup
        progress = (step - warmup) / max(1, steps - warmup)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))

    return LambdaLR(optimiser, factor, last_epoch=done - 1)

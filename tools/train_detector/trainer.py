"""Trains a detector on views with a thread for each core."""

import itertools
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from model.detection.network import GarmentNetwork
from tools.train_detector.config import TrainingConfig
from tools.train_detector.learner import Learner
from tools.train_detector.views import Views

# What `GarmentNetwork.begin` computes.
_FROZEN = ("conv_stem.", "bn1.", "blocks.0.", "blocks.1.", "blocks.2.")


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the training.

    Attributes:
        number: from 1.
        score_loss, box_loss: of the batch.
        elapsed_s: since the training began.
    """

    number: int
    score_loss: float
    box_loss: float
    elapsed_s: float


def train_detector(
    network: GarmentNetwork,
    views: Sequence[Views],
    config: TrainingConfig,
    *,
    report: Callable[[Step, GarmentNetwork], None],
) -> GarmentNetwork:
    """Train for `config.seconds`.

    Each source of views has a thread, which draws its share of each step's views and computes their gradients. On a
    few cores that is twice as fast as one thread whose layers are spread over the cores.

    Args:
        network: trained in place.
        views: what to learn from, one for each thread.
        config: the settings.
        report: called after each step with the average of the weights so far, which it must not change.

    Returns:
        The average of the weights, in eval mode.
    """
    average = deepcopy(network).eval().requires_grad_(False)
    optimiser = _optimiser(network, config)
    network.to(memory_format=torch.channels_last)
    each = config.batch_size // len(views)
    learners = [Learner(network, source, config, each, config.seed + row) for row, source in enumerate(views)]
    sides = np.random.default_rng(config.seed)
    began = time.monotonic()
    with ThreadPoolExecutor(len(learners), thread_name_prefix="learn") as pool:
        for number in itertools.count(1):
            elapsed = time.monotonic() - began
            if elapsed > config.seconds:
                break
            _set_rates(optimiser, config, number, elapsed / config.seconds)
            width, height = config.sides[int(sides.integers(len(config.sides)))]
            losses = list(pool.map(lambda learner, w=width, h=height: learner.learn(w, h), learners))
            _collect(network, learners)
            nn.utils.clip_grad_norm_(network.parameters(), config.clip)
            optimiser.step()
            _average(average, network, min(config.average, number / (number + 10.0)))
            score_loss, box_loss = np.mean(losses, 0).tolist()
            report(Step(number, score_loss, box_loss, elapsed), average)
    return average


def _collect(network: nn.Module, learners: Sequence[Learner]) -> None:
    """Give a network the mean of the gradients of its learners."""
    parts = [learner.network.parameters() for learner in learners]
    for parameter, *replicas in zip(network.parameters(), *parts, strict=True):
        if parameter.requires_grad:
            gradients = [replica.grad for replica in replicas if replica.grad is not None]
            parameter.grad = torch.stack(gradients).mean(0) if gradients else None
            for replica in replicas:
                replica.grad = None


def _optimiser(network: GarmentNetwork, config: TrainingConfig) -> torch.optim.AdamW:
    # Edges and textures are what ImageNet has taught well enough.
    for name, parameter in network.trunk.named_parameters():
        parameter.requires_grad_(not name.startswith(_FROZEN))
    groups = []
    for is_trunk, rate in ((True, config.trunk_lr), (False, config.lr)):
        parameters = [
            parameter
            for name, parameter in network.named_parameters()
            if parameter.requires_grad and name.startswith("trunk.") == is_trunk
        ]
        for decays in (True, False):
            group = [parameter for parameter in parameters if (parameter.ndim > 1) == decays]
            groups.append({"params": group, "rate": rate, "weight_decay": config.weight_decay if decays else 0.0})
    return torch.optim.AdamW(groups, lr=config.lr)


def _set_rates(optimiser: torch.optim.Optimizer, config: TrainingConfig, number: int, done: float) -> None:
    factor = min(1.0, number / config.warmup_steps) * (0.5 + 0.5 * math.cos(math.pi * min(done, 1.0)))
    for group in optimiser.param_groups:
        group["lr"] = group["rate"] * factor


@torch.no_grad()
def _average(average: nn.Module, network: nn.Module, decay: float) -> None:
    for kept, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1.0 - decay)
        else:
            kept.copy_(new)

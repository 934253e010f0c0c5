"""Trains projection and category head on pooled features that never change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from contracts.errors import ModelError
from contracts.progress import Progress
from model.network import LookalikeNetwork, NetworkOutput
from model.training.article.config import ArticleConfig
from model.training.article.losses import triplet_margin_loss
from model.training.article.triplets import Triplets, TripletSampler

_TESTED_AT_ONCE = 1024


@dataclass(frozen=True, slots=True)
class FeatureRows:
    """Pooled features with their classes.

    Attributes:
        values: (N, views, features) float16, may be mapped.
        labels: (N,) int64.
    """

    values: NDArray[np.float16]
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EpochFigures:
    """Means over one epoch, see `model.training.curves.EpochReport`."""

    cross_entropy: float
    triplet: float
    active_triplets: float
    top1: float


class HeadTrainer:
    """SGD on the two linear layers behind the pooling.

    Args:
        network: has a head; its projection and head, on any device, are initialised from the seed and trained in place.
        config: the recipe.
        device: where the two layers are trained.
    """

    def __init__(self, network: LookalikeNetwork, config: ArticleConfig, device: torch.device) -> None:
        if network.head is None:
            raise ValueError("the network has no head to train; give it categories")
        self._network = network
        self._config = config
        self._device = device
        self._layers: dict[str, nn.Linear] = {"projection": network.projection, "head": network.head}
        generator = torch.Generator().manual_seed(config.seed)
        for layer in self._layers.values():
            layer.to_empty(device="cpu")
            _initialise(layer, generator)
            layer.to(device)
        self._parameters = {
            f"{name}.{kind}": parameter
            for name, layer in self._layers.items()
            for kind, parameter in layer.named_parameters()
        }
        self._optimiser = torch.optim.SGD(self._parameters.values(), lr=config.lr, momentum=config.momentum)

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return float(self._optimiser.param_groups[0]["lr"])

    def train_epoch(self, rows: FeatureRows, sampler: TripletSampler, epoch: int, progress: Progress) -> EpochFigures:
        """Take each row as an anchor once, in random order and in one random view of it.

        Args:
            rows: what to train on.
            sampler: of the same labels.
            epoch: what is drawn depends on the seed and on this number alone.
            progress: called with (rows done, rows in all).

        Raises:
            ModelError: the loss is not finite.
        """
        generator = np.random.default_rng([self._config.seed, epoch])
        order = generator.permutation(len(rows.labels))
        sums = torch.zeros(5, dtype=torch.float64, device=self._device)
        self._set_training(True)
        for start in range(0, len(order), self._config.batch_size):
            triplets = sampler.draw(order[start : start + self._config.batch_size], generator)
            sums += self._step(rows, triplets, generator)
            progress(min(start + self._config.batch_size, len(order)), len(order))
        cross_entropy, triplet, active, valid, right = sums.tolist()
        if not np.isfinite(cross_entropy + triplet):
            raise ModelError(
                f"the training diverged in epoch {epoch}: its loss is no number any more; "
                f"train again with a smaller --lr than {self._config.lr:g}"
            )
        return EpochFigures(
            cross_entropy / len(order), triplet / max(valid, 1.0), active / max(valid, 1.0), right / len(order)
        )

    def top1(self, rows: FeatureRows) -> float:
        """Share of rows whose class is the first guess; the first view of each is taken."""
        self._set_training(False)
        right = 0
        with torch.inference_mode():
            for features, labels in self._chunks(rows):
                right += int((_logits(self._network.from_pooled(features)).argmax(1) == labels).sum())
        return right / len(rows.labels)

    def tensors(self) -> dict[str, Tensor]:
        """Weights and momenta, by name; a momentum is missing before the first step."""
        state = {name: parameter.detach() for name, parameter in self._parameters.items()}
        for name, parameter in self._parameters.items():
            momentum = self._optimiser.state[parameter].get("momentum_buffer")
            if momentum is not None:
                state[f"momentum.{name}"] = momentum
        return state

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over what `tensors` gave.

        Raises:
            ModelError: they are of another network.
        """
        momenta = {name.removeprefix("momentum."): t for name, t in tensors.items() if name.startswith("momentum.")}
        with torch.no_grad():
            for name, parameter in self._parameters.items():
                if name not in tensors or tensors[name].shape != parameter.shape:
                    raise ModelError(
                        f"the saved training state has no {name} of shape {tuple(parameter.shape)}; "
                        "remove its folder and train again"
                    )
                parameter.copy_(tensors[name])
                if name in momenta:
                    self._optimiser.state[parameter]["momentum_buffer"] = momenta[name].to(self._device).clone()

    def _step(self, rows: FeatureRows, triplets: Triplets, generator: np.random.Generator) -> Tensor:
        """One step; sums of cross-entropy, triplet loss, active and valid triplets, right guesses."""
        members = np.concatenate((triplets.anchors, triplets.positives, triplets.negatives))
        views = generator.integers(0, rows.values.shape[1], len(members))
        output = self._network.from_pooled(self._to_device(rows.values[members, views]).float())
        anchors, positives, negatives = output.embedding.chunk(3)
        count = len(triplets.anchors)
        # The article classifies each training picture once an epoch: the anchors.
        logits = _logits(output)[:count]
        labels = self._to_device(rows.labels[triplets.anchors])
        cross_entropy = F.cross_entropy(logits, labels)
        triplet = triplet_margin_loss(
            anchors, positives, negatives, self._to_device(triplets.valid), margin=self._config.margin
        )
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(cross_entropy + self._config.triplet_weight * triplet.loss)
        self._optimiser.step()
        with torch.no_grad():
            right = (logits.argmax(1) == labels).sum()
            return torch.stack(
                [cross_entropy * count, triplet.loss * triplet.valid, triplet.active, triplet.valid, right]
            ).double()

    def _chunks(self, rows: FeatureRows) -> Iterator[tuple[Tensor, Tensor]]:
        for start in range(0, len(rows.labels), _TESTED_AT_ONCE):
            part = slice(start, start + _TESTED_AT_ONCE)
            yield self._to_device(rows.values[part, 0]).float(), self._to_device(rows.labels[part])

    def _to_device(self, array: NDArray[np.generic]) -> Tensor:
        # A copy: torch must not hold a mapped file that is read-only.
        return torch.from_numpy(np.array(array)).to(self._device)

    def _set_training(self, training: bool) -> None:
        for layer in self._layers.values():
            layer.train(training)


def _initialise(layer: nn.Linear, generator: torch.Generator) -> None:
    """The usual first weights of a linear layer, but from a generator of our own."""
    bound = layer.in_features**-0.5
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.uniform_(-bound, bound, generator=generator)


def _logits(output: NetworkOutput) -> Tensor:
    if output.logits is None:
        raise ValueError("the network has no head")
    return output.logits

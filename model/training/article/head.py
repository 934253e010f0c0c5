"""Trains the projection and the category head on the pooled features of a frozen backbone."""

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
from model.training.epochs import TrainFigures

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


class HeadTrainer:
    """SGD on the two linear layers behind the pooling.

    Args:
        network: has a category head. Its projection and head are initialised from the seed and trained in place.
        config: the recipe.
        device: where the two layers are trained.

    Raises:
        ValueError: the network has no head.
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

    def train_epoch(self, rows: FeatureRows, sampler: TripletSampler, epoch: int, progress: Progress) -> TrainFigures:
        """Train on each row as an anchor once, in random order, each in one of its views at random.

        Args:
            rows: what to train on.
            sampler: of the same labels.
            epoch: its number; together with the seed it determines everything that is drawn.
            progress: called with (rows done, rows in all).

        Raises:
            ModelError: the loss is not finite.
        """
        generator = np.random.default_rng([self._config.seed, epoch])
        order = generator.permutation(len(rows.labels))
        sums: dict[str, Tensor] = {}
        self._set_training(True)
        for start in range(0, len(order), self._config.batch_size):
            triplets = sampler.draw(order[start : start + self._config.batch_size], generator)
            for name, value in self._step(rows, triplets, generator).items():
                sums[name] = sums.get(name, 0.0) + value.double()
            progress(min(start + self._config.batch_size, len(order)), len(order))
        total = {name: float(value) for name, value in sums.items()}
        if not np.isfinite(total["cross_entropy"] + total["triplet"]):
            raise ModelError(
                f"the training diverged in epoch {epoch}: its loss is not finite; "
                f"train again with a smaller --lr than {self._config.lr:g}"
            )
        count, valid = len(order), max(total["valid"], 1.0)
        cross_entropy, triplet = total["cross_entropy"] / count, total["triplet"] / valid
        return TrainFigures(
            loss=cross_entropy + self._config.triplet_weight * triplet,
            terms={"cross_entropy": cross_entropy, "triplet": triplet},
            shares={"active_triplets": total["active"] / valid},
            top1=total["right"] / count,
        )

    def top1(self, rows: FeatureRows) -> float:
        """Share of rows whose class is the first guess, judged by the first view of each."""
        right = sum(
            int((_logits(output).argmax(1) == self._to_device(labels)).sum()) for output, labels in self._outputs(rows)
        )
        return right / len(rows.labels)

    def embeddings(self, rows: FeatureRows) -> NDArray[np.float32]:
        """The embedding of the first view of each row: (N, 512) float32."""
        return np.concatenate([output.embedding.cpu().numpy() for output, _ in self._outputs(rows)])

    def tensors(self) -> dict[str, Tensor]:
        """Weights and momenta by name; before the first step there are no momenta."""
        state = {name: parameter.detach() for name, parameter in self._parameters.items()}
        for name, parameter in self._parameters.items():
            momentum = self._optimiser.state[parameter].get("momentum_buffer")
            if momentum is not None:
                state[f"momentum.{name}"] = momentum
        return state

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Load what `tensors` returned.

        Raises:
            ModelError: a tensor is missing or has the shape of another network.
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

    def _step(self, rows: FeatureRows, triplets: Triplets, generator: np.random.Generator) -> dict[str, Tensor]:
        """One step; its sums over the anchors, () each, by name."""
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
            return {
                "cross_entropy": cross_entropy.detach() * count,
                "triplet": triplet.loss.detach() * triplet.valid,
                "active": triplet.active,
                "valid": triplet.valid,
                "right": right,
            }

    @torch.inference_mode()
    def _outputs(self, rows: FeatureRows) -> Iterator[tuple[NetworkOutput, NDArray[np.int64]]]:
        self._set_training(False)
        for start in range(0, len(rows.labels), _TESTED_AT_ONCE):
            part = slice(start, start + _TESTED_AT_ONCE)
            yield self._network.from_pooled(self._to_device(rows.values[part, 0]).float()), rows.labels[part]

    def _to_device(self, array: NDArray[np.generic]) -> Tensor:
        # A copy, because torch warns about arrays that are read-only, as a mapped file is.
        return torch.from_numpy(np.array(array)).to(self._device)

    def _set_training(self, training: bool) -> None:
        for layer in self._layers.values():
            layer.train(training)


def _initialise(layer: nn.Linear, generator: torch.Generator) -> None:
    """Draw the weights as `torch.nn.Linear` does, but from our own generator."""
    bound = layer.in_features**-0.5
    with torch.no_grad():
        layer.weight.uniform_(-bound, bound, generator=generator)
        layer.bias.uniform_(-bound, bound, generator=generator)


def _logits(output: NetworkOutput) -> Tensor:
    if output.logits is None:
        raise ValueError("the network has no head")
    return output.logits

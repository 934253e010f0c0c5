"""One step of the training."""

import torch
from torch import Tensor

from model.backbones import backbone_spec
from model.network import LookalikeNetwork
from model.training.lookalikes.forward import embed, pooled_features
from model.training.lookalikes.heads import split_embedding
from model.training.lookalikes.weight_average import WeightAverage
from tools.train_shipped.batch_rows import BatchSampler
from tools.train_shipped.config import TrainingConfig
from tools.train_shipped.draws import Draws
from tools.train_shipped.drop_path import with_drop_path
from tools.train_shipped.objective import Objective, StepOutput
from tools.train_shipped.optimiser import TimedOptimiser
from tools.train_shipped.step_batch import step_labels
from tools.train_shipped.training_set import TYPE, TrainingSet
from tools.train_shipped.views import ViewMaker


class Trainer:
    """Trains a network in place and keeps the running average of its weights.

    Args:
        network: the categories of its head are the types of the products.
        pictures: to train on.
        config: of the training.
        device: where the pictures are.

    Attributes:
        average: the averaged weights, which are scored and saved.
    """

    def __init__(
        self, network: LookalikeNetwork, pictures: TrainingSet, config: TrainingConfig, device: torch.device
    ) -> None:
        draws = Draws(device, config.seed)
        self._pictures = pictures
        self._network = network.to(device).to(memory_format=torch.channels_last)
        self.average = WeightAverage(self._network, config.average)
        with_drop_path(self._network, config.drop_path)
        self._objective = Objective(pictures, backbone_spec(config.network).features, config, draws).to(device)
        self._optimiser = TimedOptimiser(self._network, self._objective, config)
        self._sampler = BatchSampler(pictures, config, draws)
        self._views = ViewMaker(pictures, config.input_size, config.views, draws)

    def step(self, done: float) -> dict[str, Tensor]:
        """Make one step.

        Args:
            done: share of the training's time that is over, 0 to 1.

        Returns:
            Figures of the step, () float32 each, without gradient: `loss`, its terms, and for products and garments
            the share whose first guess of the type is an allowed one, `top-1` and `street top-1`.
        """
        rows = self._sampler.draw()
        labels = step_labels(self._pictures, rows)
        with torch.no_grad():
            keys = split_embedding(embed(self.average.network, self._views.keys(rows)))
            views = self._views.distorted(rows)
        self._network.train()
        pooled = pooled_features(self._network, views)
        output = StepOutput(pooled, self._network.projection(pooled), keys)
        terms = self._objective.compute(self._network.head, labels, output, done)
        loss = torch.stack(list(terms.values())).sum()
        self._optimiser.step(loss, done)
        self.average.update_parameters(self._network)
        products, _, garments = labels.kinds
        embedding, allowed = output.embedding.detach(), labels.allowed[TYPE]
        return {
            "loss": loss.detach(),
            **{name: term.detach() for name, term in terms.items()},
            "top-1": self._objective.top1(embedding[products], allowed[products]),
            "street top-1": self._objective.top1(embedding[garments], allowed[garments]),
        }

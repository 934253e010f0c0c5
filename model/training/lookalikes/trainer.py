"""One step and one epoch of the default recipe."""

import math
from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.errors import ModelError
from contracts.progress import Progress
from contracts.search_defaults import COMPONENTS
from model.checkpoint import Checkpoint
from model.network import LookalikeNetwork
from model.training.epochs import TrainFigures
from model.training.frozen_layers import freeze_stages, keep_batch_statistics
from model.training.lookalikes.augmentations import AugmentationConfig, random_views
from model.training.lookalikes.batches import epoch_batches
from model.training.lookalikes.config import LookalikeConfig, small_size
from model.training.lookalikes.forward import pooled_features
from model.training.lookalikes.half_precision import keep_depthwise_float32
from model.training.lookalikes.heads import AttributeHeads, split_embedding
from model.training.lookalikes.item_memory import ItemMemory
from model.training.lookalikes.kept_network import KeptNetwork
from model.training.lookalikes.key_encoder import KeyEncoder
from model.training.lookalikes.learning_rate import warmup_cosine
from model.training.lookalikes.losses.attributes import attribute_loss
from model.training.lookalikes.losses.term import StepBatch, TermSetup
from model.training.lookalikes.objective import Objective
from model.training.lookalikes.optimiser import adamw, clip_gradients, load_moments, moments
from model.training.lookalikes.running_figures import RunningFigures
from model.training.lookalikes.teacher import Teacher
from model.training.lookalikes.training_pictures import TrainingPictures
from model.training.lookalikes.warm_start import warm_start
from model.training.lookalikes.weight_average import WeightAverage

_WIDTHS = (COMPONENTS, EMBEDDING_DIMENSIONS - COMPONENTS)
_BACKDROPS_A_STEP = 16
# Distance between the generators of two seeds: more than there are epochs.
_SEED_STRIDE = 1_000_003


class LookalikeTrainer:
    """Trains a network in place and keeps the running average of its weights.

    Args:
        network: the categories of its head are the first target's values.
        data: to train on.
        config: the recipe.
        teacher: a network to imitate, or None.
        kept: the trained network that `network` is a copy of, if it is to be kept, and features that it was trained on;
            None from untrained weights.
        steps: of the whole training.
        device: where it is trained.

    Attributes:
        average: the averaged weights, which are tested and saved.
    """

    def __init__(
        self,
        network: LookalikeNetwork,
        data: TrainingPictures,
        config: LookalikeConfig,
        *,
        teacher: Checkpoint | None,
        kept: KeptNetwork | None = None,
        steps: int,
        device: torch.device,
    ) -> None:
        self._config = config
        self._data = data
        self._device = device
        self._steps = steps
        self._network = network.to(device).to(memory_format=torch.channels_last)
        freeze_stages(self._network.backbone, config.frozen_stages)
        self._kept = kept
        self.average = WeightAverage(self._network, config.average)
        if device.type == "cpu":
            keep_depthwise_float32(self._network)
        classes = [values.shape[1] for values in data.photo_values]
        self._heads = AttributeHeads(classes, _WIDTHS, torch.Generator().manual_seed(config.seed))
        self._memory = ItemMemory(torch.from_numpy(data.groups), _WIDTHS[1])
        self._key_encoder = KeyEncoder(self.average, data, config.input_size, device)
        imitated = None if teacher is None else Teacher(teacher, device)
        start = None if kept is None else kept.teacher
        replayed = None if kept is None else kept.replayed
        setup = TermSetup(config, self._heads, self._memory, self._key_encoder, imitated, start, replayed)
        self._objective = Objective(setup).to(device)
        self._optimiser = adamw(self._network, self._objective, config)
        self._schedule = warmup_cosine(self._optimiser, warmup_steps=config.warmup_steps, steps=steps)

    @property
    def lr(self) -> float:
        """The learning rate of the new layers in the next step."""
        return float(self._schedule.get_last_lr()[-1])

    def warm_start(self, progress: Progress) -> None:
        """Use what the first weights know already, see `model.training.lookalikes.warm_start`.

        Args:
            progress: called with (pictures done, pictures in all).
        """
        warm_start(
            self._data,
            self._key_encoder,
            self._heads,
            self._memory,
            batch_size=self._config.batch_size,
            progress=progress,
        )

    def train_epoch(self, number: int, progress: Progress) -> TrainFigures:
        """Train on each picture of the catalogue once, with a share of photos in every batch.

        Args:
            number: of the epoch; together with the seed it determines everything that is drawn.
            progress: called with (steps done, steps in all, figures of the last steps).

        Raises:
            ModelError: the loss is not finite, or a step does not fit into the GPU's memory.
        """
        order = np.random.default_rng([self._config.seed, number])
        generator = torch.Generator().manual_seed(self._config.seed * _SEED_STRIDE + number)
        self._network.train()
        if self._kept is not None:
            keep_batch_statistics(self._network)
        self._objective.train()
        figures = RunningFigures()
        batches = epoch_batches(self._data, self._config, order)
        for done, rows in enumerate(batches, 1):
            try:
                step = self._train_step(rows, order, generator, small=number <= self._config.small_epochs)
            except torch.OutOfMemoryError as error:
                raise ModelError(
                    f"the GPU's memory cannot hold a step of {len(rows)} pictures of {self._config.input_size} pixels; "
                    "pass a smaller --batch-size or --input-size, or --device cpu"
                ) from error
            figures.add(step)
            recent = figures.recent
            if not math.isfinite(recent["loss"]):
                raise ModelError(
                    f"the training diverged in step {self._schedule.last_epoch}: its loss is not finite; "
                    f"train again with a smaller --lr than {self._config.lr:g}"
                )
            progress(done, len(batches), f"loss {recent['loss']:.3f}, top-1 {recent['top1']:.1%}")
        means = figures.means()
        return TrainFigures(
            loss=means["loss"],
            terms={name: means[name] for name in self._objective.term_names},
            shares={name: means[name] for name in self._objective.share_names},
            top1=means["top1"],
        )

    def _train_step(
        self, rows: NDArray[np.int64], order: np.random.Generator, generator: torch.Generator, *, small: bool
    ) -> dict[str, Tensor]:
        """One step; its figures, () each, by name."""
        views = self._views(rows, order, generator)
        pooled = pooled_features(self._network, _two_thirds(views) if small else views)
        embedding = self._network.projection(pooled)
        parts = split_embedding(embedding)
        allowed = [torch.from_numpy(table).to(self._device) for table in self._data.allowed(rows)]
        index = torch.from_numpy(rows).to(self._device)
        batch = StepBatch(rows, index, views, pooled, parts, allowed, self._network.projection, generator)
        value = self._objective.compute(batch)
        total = value.loss
        if self._network.head is not None:
            # A linear probe: the category head learns from the embedding without changing it.
            total = total + attribute_loss(self._network.head(embedding.detach()), allowed[0], 0.0)
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(total)
        clip_gradients(self._network, self._objective, self._config.clip)
        self._optimiser.step()
        self._schedule.step()
        self.average.update_parameters(self._network)
        top1 = self._heads.top1(parts[0], allowed[0])
        return {"loss": value.loss, **value.terms, **value.shares, "top1": top1}

    def _views(self, rows: NDArray[np.int64], order: np.random.Generator, generator: torch.Generator) -> Tensor:
        pictures = self._data.careless(rows, self._device, generator)
        backdrops = None
        if self._data.photos < len(self._data.groups):
            behind = np.sort(order.integers(self._data.photos, len(self._data.groups), _BACKDROPS_A_STEP))
            backdrops = self._data.tensor(behind, self._device)
        config = AugmentationConfig(calm=self._config.calm_share)
        return random_views(pictures, backdrops, size=self._config.input_size, config=config, generator=generator)

    def tensors(self) -> dict[str, Tensor]:
        """Everything that the training needs to continue, by name."""
        modules = {"network": self._network, "average": self.average, "objective": self._objective}
        state = {
            f"{part}.{name}": value for part, module in modules.items() for name, value in module.state_dict().items()
        }
        state |= {f"optimiser.{name}": value for name, value in moments(self._optimiser).items()}
        state["step"] = torch.tensor(self._schedule.last_epoch)
        return state

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Load what `tensors` returned.

        Raises:
            ModelError: they are of another network.
        """
        try:
            self._network.load_state_dict(_below(tensors, "network"))
            self.average.load_state_dict(_below(tensors, "average"))
            self._objective.load_state_dict(_below(tensors, "objective"))
            load_moments(self._optimiser, _below(tensors, "optimiser"))
            self._schedule = warmup_cosine(
                self._optimiser,
                warmup_steps=self._config.warmup_steps,
                steps=self._steps,
                done=int(tensors["step"]),
            )
        except (KeyError, RuntimeError, ValueError) as error:
            raise ModelError(
                f"the saved training state is of another network ({error!s:.200}); remove its folder and train again"
            ) from error


def _two_thirds(views: Tensor) -> Tensor:
    side = small_size(views.shape[-1])
    return F.interpolate(views, size=(side, side), mode="bilinear", antialias=True)


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}

"""One step and one epoch of the default recipe."""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.errors import ModelError
from contracts.progress import Progress
from contracts.search_defaults import COMPONENTS
from model.checkpoint import Checkpoint
from model.network import LookalikeNetwork
from model.training.lookalikes.batches import TrainingPictures, epoch_batches
from model.training.lookalikes.config import ITEM_RIVALS, ITEM_SCALE, LookalikeConfig
from model.training.lookalikes.half_precision import half_where_fast, keep_depthwise_float32
from model.training.lookalikes.heads import AttributeHeads, split_embedding
from model.training.lookalikes.losses import attribute_loss, imitation_loss, item_loss
from model.training.lookalikes.normalising import normalised
from model.training.lookalikes.teacher import Teacher
from model.training.lookalikes.views import ViewConfig, random_views

_WIDTHS = (COMPONENTS, EMBEDDING_DIMENSIONS - COMPONENTS)


@dataclass(frozen=True, slots=True)
class EpochFigures:
    """Means over the steps of an epoch.

    Attributes:
        loss: what is minimised, the weighted sum of the next three.
        attributes, items, imitation: see `model.training.lookalikes.losses`.
        active: share of pictures whose nearest other vector is not one of the same item.
        top1: share of pictures whose value of the first target was the first guess.
    """

    loss: float
    attributes: float
    items: float
    imitation: float
    active: float
    top1: float


class LookalikeTrainer:
    """Trains a network in place and keeps the running average of its weights.

    Args:
        network: its head's categories are the first target's values.
        data: what is trained on.
        config: the recipe.
        teacher: imitated on the same views; on the same device.
        steps: of the whole training; the learning rate falls to 0 with the last.
        device: where it is trained.
    """

    def __init__(
        self,
        network: LookalikeNetwork,
        data: TrainingPictures,
        config: LookalikeConfig,
        *,
        teacher: Checkpoint | None,
        steps: int,
        device: torch.device,
    ) -> None:
        self._config = config
        self._data = data
        self._device = device
        self._steps = steps
        self.step = 0
        generator = torch.Generator().manual_seed(config.seed)
        classes = [values.shape[1] for values in data.photo_values]
        self.network = network.to(device).to(memory_format=torch.channels_last)
        self.heads = AttributeHeads(classes, _WIDTHS, generator).to(device)
        self.averaged = copy.deepcopy(self.network).eval().requires_grad_(False)
        if device.type == "cpu":
            keep_depthwise_float32(self.network)
        self._teacher = None if teacher is None else Teacher(teacher, device)
        count = len(data.groups)
        # Half precision: with a million pictures this is a gigabyte, in memory and in the state on disk.
        self._bank = torch.zeros(count, _WIDTHS[1], dtype=torch.float16, device=device)
        self._seen = torch.zeros(count, dtype=torch.bool, device=device)
        self._groups = torch.from_numpy(data.groups).to(device)
        self._optimiser = _optimiser(self.network, self.heads, config)
        head = [] if self.network.head is None else list(self.network.head.parameters())
        trunk = [*self.network.backbone.parameters(), *self.network.projection.parameters(), *self.heads.parameters()]
        self._clipped_together = (trunk, head)

    @property
    def lr(self) -> float:
        """The learning rate of the next step, of the new layers."""
        return self._config.lr * self._share_of_lr()

    def look_ahead(self, progress: Progress) -> None:
        """Begin at what the first weights know already, where they are a trained network's.

        Each value's direction begins at the mean of its pictures, and the memory of single items is filled. From
        random directions the first epoch would be lost on finding them.

        Args:
            progress: called with (pictures done, pictures in all).
        """
        count = len(self._groups)
        sums = [
            [torch.zeros(values.shape[1], width, device=self._device) for values in self._data.photo_values]
            for width in _WIDTHS
        ]
        for start in range(0, count, self._config.batch_size):
            rows = np.arange(start, min(start + self._config.batch_size, count))
            parts = self._remember(rows, torch.from_numpy(rows).to(self._device))
            for column, table in enumerate(self._data.allowed(rows)):
                allowed = torch.from_numpy(table).to(self._device)
                # A photo of one of several values would draw them all to the same place.
                told = (allowed & (allowed.sum(1, keepdim=True) == 1)).float()
                for part, vectors in enumerate(parts):
                    sums[part][column] += told.T @ vectors
            progress(int(rows[-1]) + 1, count)
        for part, totals in enumerate(sums):
            self.heads.begin_at(part, totals)

    def train_epoch(self, number: int, progress: Progress) -> EpochFigures:
        """See each picture of the catalogue once, and a share of photos in every batch.

        Args:
            number: what is drawn depends on the seed and on this alone.
            progress: called with (steps done, steps in all, figures of the last steps).

        Raises:
            ModelError: the loss is not finite, or a step does not fit into the GPU.
        """
        order = np.random.default_rng([self._config.seed, number])
        generator = torch.Generator().manual_seed(self._config.seed * 1_000_003 + number)
        self.network.train()
        self.heads.train()
        sums = torch.zeros(6, dtype=torch.float64)
        batches = epoch_batches(self._data, self._config, order)
        recent = torch.zeros(6, dtype=torch.float64)
        for done, rows in enumerate(batches, 1):
            try:
                figures = self._train_step(rows, order, generator, small=number <= self._config.small_epochs)
            except torch.OutOfMemoryError as error:
                raise ModelError(
                    f"the GPU cannot hold a step of {len(rows)} pictures of {self._config.input_size} pixels; pass a "
                    "smaller --batch-size or --input-size, or --device cpu"
                ) from error
            sums += figures
            recent = figures if done == 1 else 0.95 * recent + 0.05 * figures
            if not math.isfinite(float(figures[0])):
                raise ModelError(
                    f"the training diverged in step {self.step}: its loss is no number any more; "
                    f"train again with a smaller --lr than {self._config.lr:g}"
                )
            progress(done, len(batches), f"loss {float(recent[0]):.3f}, top-1 {float(recent[5]):.1%}")
        return EpochFigures(*(sums / len(batches)).tolist())

    def _train_step(
        self, rows: NDArray[np.int64], order: np.random.Generator, generator: torch.Generator, *, small: bool
    ) -> Tensor:
        config = self._config
        for group in self._optimiser.param_groups:
            group["lr"] = group["highest"] * self._share_of_lr()
        views = self._views(rows, order, generator)
        inputs = normalised(_two_thirds(views) if small else views, self.network.name)
        index = torch.from_numpy(rows).to(self._device)
        with half_where_fast(self._device):
            feature_map = self.network.backbone(inputs)
        pooled = self.network.pool(feature_map.float()).flatten(1)
        embedding = self.network.projection(pooled)
        parts = split_embedding(embedding, COMPONENTS)
        allowed = [torch.from_numpy(table).to(self._device) for table in self._data.allowed(rows)]
        attributes = torch.zeros((), device=self._device)
        for part, weight in ((0, 1.0), (1, config.attribute_weight)):
            if weight:
                for logits, right in zip(self.heads(part, parts[part]), allowed, strict=True):
                    attributes = attributes + weight * attribute_loss(logits, right, config.label_smoothing)
        items = active = torch.zeros((), device=self._device)
        if config.item_weight:
            self._remember(rows, index)
            # Some thousand rivals tell as much as all, at a fraction of the time; its own row is always there.
            rivals = torch.randint(len(self._groups), (ITEM_RIVALS,), generator=generator).to(self._device)
            rivals = torch.cat((index, rivals))
            same = self._groups[index][:, None] == self._groups[rivals][None]
            items, active = item_loss(parts[1], self._bank[rivals].float(), self._seen[rivals], same, ITEM_SCALE)
        imitation = torch.zeros((), device=self._device)
        if self._teacher is not None:
            imitation = imitation_loss(parts, self._teacher.parts(views))
        loss = attributes + config.item_weight * items + config.teacher_weight * imitation
        # The head that names a category learns beside the rest: what it wants shall not bend the embedding.
        guesses = None if self.network.head is None else self.network.head(embedding.detach())
        total = loss if guesses is None else loss + attribute_loss(guesses, allowed[0], 0.0)
        self._optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(total)
        # Apart, or the head's gradient would shorten all others.
        for parameters in self._clipped_together:
            nn.utils.clip_grad_norm_(parameters, config.clip)
        self._optimiser.step()
        self.step += 1
        with torch.no_grad():
            self._update_average()
            first = self.heads(0, parts[0])[0].argmax(1)
            known = allowed[0].any(1)
            right_guess = (allowed[0].gather(1, first[:, None])[:, 0] & known).sum() / known.sum().clamp(min=1)
            return (
                torch.stack(
                    [loss.detach(), attributes.detach(), items.detach(), imitation.detach(), active, right_guess]
                )
                .double()
                .cpu()
            )

    def _remember(self, rows: NDArray[np.int64], index: Tensor) -> tuple[Tensor, Tensor]:
        """Put what the averaged network makes of the pictures as they are into the bank.

        That is what a gallery holds and a customer's distorted view is compared with; and the average moves so slowly
        that vectors of earlier steps still compare with it (He et al. 2020, Momentum contrast).

        Returns:
            Both parts of their embeddings, see `split_embedding`.
        """
        size = (self._config.input_size, self._config.input_size)
        plain = F.interpolate(self._pictures(rows).float().div_(255.0), size=size, mode="bilinear", antialias=True)
        with torch.no_grad():
            with half_where_fast(self._device):
                feature_map = self.averaged.backbone(normalised(plain, self.network.name))
            pooled = self.averaged.pool(feature_map.float()).flatten(1)
            parts = split_embedding(self.averaged.projection(pooled), COMPONENTS)
            self._bank[index] = parts[1].half()
            self._seen[index] = True
        return parts

    def _views(self, rows: NDArray[np.int64], order: np.random.Generator, generator: torch.Generator) -> Tensor:
        pictures = self._pictures(rows)
        backdrops = None
        if self._data.photos < len(self._data.groups):
            behind = np.sort(order.integers(self._data.photos, len(self._data.groups), 16))
            backdrops = self._pictures(behind)
        config = ViewConfig(calm=self._config.calm_share)
        return random_views(pictures, backdrops, size=self._config.input_size, config=config, generator=generator)

    def _pictures(self, rows: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(self._data.pixels(rows)).to(self._device).permute(0, 3, 1, 2)

    def _share_of_lr(self) -> float:
        # A training of few steps must not end before it has warmed up.
        warmup = min(self._config.warmup_steps, self._steps // 10)
        if self.step < warmup:
            return (self.step + 1) / warmup
        done = (self.step - warmup) / max(1, self._steps - warmup)
        return 0.5 * (1 + math.cos(math.pi * min(1.0, done)))

    def _update_average(self) -> None:
        # A short memory at first: the average shall not hold on to the first, random weights.
        decay = min(self._config.average, (1 + self.step) / (10 + self.step))
        mine, averaged = self.network.state_dict(), self.averaged.state_dict()
        floats = [name for name, value in mine.items() if value.is_floating_point()]
        torch._foreach_lerp_([averaged[name] for name in floats], [mine[name] for name in floats], 1 - decay)
        for name, value in mine.items():
            if not value.is_floating_point():
                averaged[name].copy_(value)

    def tensors(self) -> dict[str, Tensor]:
        """All that the training needs to go on, by name."""
        state = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        state |= {f"averaged.{name}": value for name, value in self.averaged.state_dict().items()}
        state |= {f"heads.{name}": value for name, value in self.heads.state_dict().items()}
        for number, moments in self._optimiser.state_dict()["state"].items():
            state |= {f"optimiser.{number}.{name}": value for name, value in moments.items()}
        state["bank"], state["seen"] = self._bank, self._seen
        state["step"] = torch.tensor(self.step)
        return state

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over what `tensors` gave.

        Raises:
            ModelError: they are of another network.
        """
        try:
            for name, module in (("network", self.network), ("averaged", self.averaged), ("heads", self.heads)):
                module.load_state_dict(_below(tensors, name))
            moments: dict[int, dict[str, Tensor]] = {}
            for key, value in _below(tensors, "optimiser").items():
                number, name = key.split(".")
                moments.setdefault(int(number), {})[name] = value
            whole = self._optimiser.state_dict()
            self._optimiser.load_state_dict({**whole, "state": moments})
            self._bank.copy_(tensors["bank"])
            self._seen.copy_(tensors["seen"])
            self.step = int(tensors["step"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise ModelError(
                f"the saved training state is of another network ({error!s:.200}); remove its folder and train again"
            ) from error


def _optimiser(network: LookalikeNetwork, heads: AttributeHeads, config: LookalikeConfig) -> torch.optim.AdamW:
    backbone = list(network.backbone.parameters())
    new = [*network.projection.parameters(), *heads.parameters()]
    if network.head is not None:
        new += network.head.parameters()
    # Norms and biases are not decayed: that would not regularise, only shift.
    return torch.optim.AdamW(
        [
            {
                "params": [parameter for parameter in parameters if (parameter.ndim > 1) == decayed],
                "lr": highest,
                "highest": highest,
                "weight_decay": config.weight_decay if decayed else 0.0,
            }
            for parameters, highest in ((backbone, config.backbone_lr), (new, config.lr))
            for decayed in (True, False)
        ]
    )


def _two_thirds(views: Tensor) -> Tensor:
    side = round(views.shape[-1] * 2 / 3)
    return F.interpolate(views, size=(side, side), mode="bilinear", antialias=True)


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}

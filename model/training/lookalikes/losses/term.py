"""A loss term: an object with a name, a weight and a `compute` over the batch of a step."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model.training.lookalikes.config import LookalikeConfig
from model.training.lookalikes.heads import AttributeHeads
from model.training.lookalikes.item_memory import ItemMemory
from model.training.lookalikes.key_encoder import KeyEncoder
from model.training.lookalikes.teacher import Teacher


@dataclass(frozen=True, slots=True)
class StepBatch:
    """The pictures of one training step.

    Attributes:
        rows: (B,) int64, rows of the training pictures, ascending; `index` has them on the device.
        views: (B, 3, S, S) float32, 0 to 1, the augmented pictures.
        pooled: (B, features) float32, what the backbone makes of them, averaged over the picture.
        parts: both parts of the views' embeddings, (B, 30) and (B, 482) float32, L2-normalised.
        allowed: for each target (B, classes) bool, the values that are or may be right.
        project: from pooled features to embeddings, (N, features) -> (N, 512) float32, with gradient.
        generator: on the CPU; for random numbers of this step.
    """

    rows: NDArray[np.int64]
    index: Tensor
    views: Tensor
    pooled: Tensor
    parts: tuple[Tensor, Tensor]
    allowed: Sequence[Tensor]
    project: Callable[[Tensor], Tensor]
    generator: torch.Generator


@dataclass(frozen=True, slots=True)
class TermValue:
    """What a loss term makes of a batch.

    Attributes:
        loss: () float32, not weighted.
        shares: what else it reports, by the names in `LossTerm.shares`: () float32 each, 0 to 1, no gradient.
    """

    loss: Tensor
    shares: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class ReplayedFeatures:
    """The part of a replay set that is trained on, on the device.

    Attributes:
        features: (R, features) float32.
        allowed: (R, classes) bool, the values of the first target that may be right; none where the shop lacks them.
    """

    features: Tensor
    allowed: Tensor


@dataclass(frozen=True, slots=True)
class TermSetup:
    """What a loss term may use.

    Attributes:
        config: the recipe.
        heads: class prototypes of each target and part of the embedding.
        memory: last embedding of each training picture.
        key_encoder: embeds training pictures with the averaged weights.
        teacher: a network to imitate, or None.
        start: the network that the training began with, if it was trained and is to be kept, else None.
        replay: features that `start` was trained on, or None.
    """

    config: LookalikeConfig
    heads: AttributeHeads
    memory: ItemMemory
    key_encoder: KeyEncoder
    teacher: Teacher | None
    start: Teacher | None
    replay: ReplayedFeatures | None


class LossTerm(nn.Module, ABC):
    """One term of the objective.

    Its parameters are trained, and its parameters and buffers are part of the saved state.

    Args:
        weight: factor in the objective.

    Attributes:
        name: of the term's column in `curves.csv`; unique.
        shares: names of the further figures that it reports; unique.
    """

    name: ClassVar[str]
    shares: ClassVar[tuple[str, ...]] = ()

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.weight = weight

    @abstractmethod
    def compute(self, batch: StepBatch) -> TermValue:
        """The term's value for a batch. A term that does not apply returns a loss of 0."""

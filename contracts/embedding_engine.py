"""The interface of an inference engine: what extraction, training and the worker need from a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import ModelIdentity


@dataclass(frozen=True, slots=True)
class EmbeddedBatch:
    """The result of one batch, row by row in its order.

    Attributes:
        embeddings: (B, 512) float32, not normalised.
        categories: for each picture the best class and its probability, or None if the network has no trained head.
    """

    embeddings: NDArray[np.float32]
    categories: Sequence[tuple[str, float] | None]


class EmbeddingEngine(Protocol):
    """A network with its preprocessing. `warm_up` and `embed` are only ever called from one thread at a time."""

    @property
    def identity(self) -> ModelIdentity:
        """The model that makes these embeddings."""
        ...

    @property
    def input_size(self) -> int:
        """Side of the square input, pixels."""
        ...

    @property
    def as_srgb(self) -> bool:
        """Whether pictures are decoded with their colours converted to sRGB."""
        ...

    def preprocess(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Convert pixels (H, W, 3) uint8 RGB to network input (3, S, S) uint8; called from many threads at once."""
        ...

    def warm_up(self) -> None:
        """Run one forward pass, because the first is far slower than the following ones."""
        ...

    def embed(self, batch: NDArray[np.uint8]) -> EmbeddedBatch:
        """Embed a batch (B, 3, S, S) uint8."""
        ...

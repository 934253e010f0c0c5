"""The interface that the worker needs from a network, so that it runs any, including a fake one in tests."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import ModelIdentity


class EmbeddedPictures(Protocol):
    """The result of one forward pass, row by row in the order of its batch."""

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """(B, 512) float32, not normalised."""
        ...

    @property
    def categories(self) -> Sequence[tuple[str, float] | None]:
        """B times the best class and its probability, or None if the model has no trained classification head."""
        ...


class EmbeddingEngine(Protocol):
    """A network with its preprocessing. `warm_up` and `embed` are only ever called from one thread."""

    @property
    def identity(self) -> ModelIdentity:
        """The model that makes these embeddings."""
        ...

    def preprocess(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Convert pixels (H, W, 3) uint8 RGB to network input (3, S, S) uint8; called from many threads at once."""
        ...

    def warm_up(self) -> None:
        """Run one forward pass, because the first is far slower than the following ones."""
        ...

    def embed(self, batch: NDArray[np.uint8]) -> EmbeddedPictures:
        """Embed a batch (B, 3, S, S) uint8."""
        ...


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the engine ran out of the accelerator's memory, so that a smaller batch may pass.

    Recognised by the type's name (`torch.OutOfMemoryError`), because the worker itself does not import torch.
    """
    return any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)

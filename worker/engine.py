"""What the worker asks of a network, so that it runs any, and a fake one in tests."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import ModelIdentity


class EmbeddedPictures(Protocol):
    """What one forward pass gives, row by row in the order of its batch."""

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """(B, 512) float32, not normalised."""
        ...

    @property
    def categories(self) -> Sequence[tuple[str, float] | None]:
        """Best class and its probability, or None while no head is trained; B of them."""
        ...


class EmbeddingEngine(Protocol):
    """A network with its preprocessing. `warm_up` and `embed` are only ever called from one thread."""

    @property
    def identity(self) -> ModelIdentity:
        """Who makes these embeddings."""
        ...

    def preprocess(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Pixels (H, W, 3) uint8 RGB as network input (3, S, S) uint8; called from many threads at once."""
        ...

    def warm_up(self) -> None:
        """Run through once: the first forward pass is far slower than the next ones."""
        ...

    def embed(self, batch: NDArray[np.uint8]) -> EmbeddedPictures:
        """Embed a batch (B, 3, S, S) uint8."""
        ...


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the engine ran out of the accelerator's memory, so that a smaller batch may pass.

    Told by the type's name (`torch.OutOfMemoryError`), because the worker itself does not import torch.
    """
    return any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__)

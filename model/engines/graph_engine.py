"""What the engines that run a network's graph share."""

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_engine import EmbeddedBatch
from contracts.embedding_set import ModelIdentity
from model.engines.fitting import FittingEngine
from model.preprocessing import Preprocessing

# Pixels of a forward pass: with more, feature maps no longer fit the caches. A batch size that is new to an engine
# costs it some milliseconds, so there should not be many.
_MOST_PIXELS = 16 * 224 * 224


class GraphEngine(FittingEngine, ABC):
    """An engine that runs a graph on the CPU; a subclass says how.

    Args:
        preprocessing: that the network was trained with.
        identity: of the model, for its embeddings.
        categories: class names in the order of the graph's probabilities.
    """

    def __init__(self, preprocessing: Preprocessing, identity: ModelIdentity, categories: tuple[str, ...]) -> None:
        self.identity = identity
        super().__init__(preprocessing)
        self._categories = categories
        self._most = max(1, _MOST_PIXELS // preprocessing.input_size**2)

    def warm_up(self) -> None:
        """Embed a blank picture, since the first pass is far slower."""
        self.embed(np.zeros((1, 3, self.input_size, self.input_size), np.uint8))

    def embed(self, batch: NDArray[np.uint8]) -> EmbeddedBatch:
        """Embed a batch of fitted pictures.

        Args:
            batch: (B, 3, S, S) uint8, B at least 1.
        """
        outputs = [self.run(batch[start : start + self._most]) for start in range(0, len(batch), self._most)]
        categories: list[tuple[str, float] | None] = []
        for embeddings, probabilities in outputs:
            if probabilities is None:
                categories += [None] * len(embeddings)
            else:
                best = probabilities.argmax(axis=1)
                categories += [
                    (self._categories[index], float(row[index])) for index, row in zip(best, probabilities, strict=True)
                ]
        return EmbeddedBatch(np.concatenate([embeddings for embeddings, _ in outputs]), categories)

    @abstractmethod
    def run(self, batch: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        """Run the graph on one batch.

        Args:
            batch: (B, 3, S, S) uint8, B at least 1.

        Returns:
            Embeddings (B, 512) float32, and with a head the classes' probabilities, (B, categories) float32. Arrays of
            their own, which later passes do not change.
        """

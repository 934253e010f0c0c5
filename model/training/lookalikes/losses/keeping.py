"""The keeping loss: what the start network made of the same views, so that a training forgets less of it."""

import torch
import torch.nn.functional as F
from torch import Tensor

from model.training.lookalikes.losses.term import LossTerm, StepBatch, TermSetup, TermValue


class KeepingTerm(LossTerm):
    """Holds the first part of the embedding, and the features that it is made from, to those of the start network.

    The second part is free: it tells apart items that the start network has never seen. 0 without a start network.
    """

    name = "kept"

    def __init__(self, setup: TermSetup) -> None:
        super().__init__(setup.config.keep_weight)
        self._start = setup.start

    def compute(self, batch: StepBatch) -> TermValue:
        """See `LossTerm`."""
        if self._start is None or not self.weight:
            return TermValue(torch.zeros((), device=batch.views.device))
        pooled = self._start.pooled(batch.views)
        first, _ = self._start.split(pooled)
        return TermValue(keeping_loss(batch.parts[0], first) + keeping_loss(batch.pooled, pooled))


def keeping_loss(vectors: Tensor, start_vectors: Tensor) -> Tensor:
    """1 - cosine between vectors and those of the start network: (B, D), (B, D) float -> () float, mean over rows."""
    return (1 - F.cosine_similarity(vectors, start_vectors)).mean()

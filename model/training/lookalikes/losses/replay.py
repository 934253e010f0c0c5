"""The replay loss: features of earlier pictures, through the layers behind the pooling."""

import torch

from model.training.lookalikes.heads import split_embedding
from model.training.lookalikes.losses.attributes import attribute_loss
from model.training.lookalikes.losses.keeping import keeping_loss
from model.training.lookalikes.losses.term import LossTerm, StepBatch, TermSetup, TermValue

# Features that are replayed for each picture of a step.
_SHARE = 0.5


class ReplayTerm(LossTerm):
    """The first part of replayed embeddings stays, and has a right type of the shop, where the shop has one.

    Features need no backbone, so they cost next to nothing. They are those of the start network. `KeepingTerm` holds
    the backbone near it, so that they mean the same to the network in training. 0 without a replay set.
    """

    name = "replay"

    def __init__(self, setup: TermSetup) -> None:
        super().__init__(setup.config.replay_weight)
        self._heads = (setup.heads,)
        self._smoothing = setup.config.label_smoothing
        self._replay = setup.replay
        self._start = setup.start

    def compute(self, batch: StepBatch) -> TermValue:
        """See `LossTerm`."""
        if self._replay is None or self._start is None or not self.weight:
            return TermValue(torch.zeros((), device=batch.views.device))
        replay = self._replay
        count = max(2, round(len(batch.rows) * _SHARE))
        drawn = torch.randint(len(replay.features), (count,), generator=batch.generator).to(batch.views.device)
        features = replay.features[drawn]
        first, _ = split_embedding(batch.project(features))
        kept = keeping_loss(first, self._start.split(features)[0])
        logits = self._heads[0](0, first)[0]
        return TermValue(kept + attribute_loss(logits, replay.allowed[drawn], self._smoothing))

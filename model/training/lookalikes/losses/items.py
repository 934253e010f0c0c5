"""The item loss: tell single items apart, by contrast with a memory of the other pictures."""

import torch
from torch import Tensor

from model.training.lookalikes.config import ITEM_NEGATIVES, ITEM_SCALE
from model.training.lookalikes.losses.term import LossTerm, StepBatch, TermSetup, TermValue


class ItemTerm(LossTerm):
    """Contrastive loss of the second part of the embedding against the item memory.

    Reports as `active` the share of views whose nearest remembered picture does not show the same item yet.
    """

    name = "items"
    shares = ("active",)

    def __init__(self, setup: TermSetup) -> None:
        super().__init__(setup.config.item_weight)
        self.memory = setup.memory
        self._key_encoder = setup.key_encoder

    def compute(self, batch: StepBatch) -> TermValue:
        """See `LossTerm`."""
        if not self.weight:
            zero = torch.zeros((), device=batch.views.device)
            return TermValue(zero, {"active": zero})
        self.memory.store(batch.index, self._key_encoder.encode(batch.rows)[1])
        # A sample of the other pictures teaches as well as all of them and is much faster. The batch's own rows
        # come first, so that each view has its positive.
        others = torch.randint(len(self.memory.groups), (ITEM_NEGATIVES,), generator=batch.generator)
        keys = torch.cat((batch.index, others.to(batch.index.device)))
        positive = self.memory.groups[batch.index][:, None] == self.memory.groups[keys][None]
        vectors, stored = self.memory.vectors[keys].float(), self.memory.stored[keys]
        loss, active = item_loss(batch.parts[1], vectors, stored, positive, ITEM_SCALE)
        return TermValue(loss, {"active": active})


def item_loss(vectors: Tensor, keys: Tensor, stored: Tensor, positive: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Contrastive loss between views and remembered pictures: those of the same item should be the nearest.

    Args:
        vectors: (B, D) float, L2-normalised, of views.
        keys: (N, D) float, L2-normalised, remembered vectors of unaugmented pictures, without gradient.
        stored: (N,) bool, which keys have been stored yet; the others are ignored.
        positive: (B, N) bool, which keys show the same item.
        scale: factor of the cosines, the inverse of the temperature.

    Returns:
        () float, mean over the rows that have a positive, 0 if none has; and () float, the share of those rows whose
        nearest key is not yet a positive.

    Source: Wu et al. 2018, Unsupervised feature learning via non-parametric instance discrimination.
    """
    similarities = (vectors @ keys.T).float()
    similarities = similarities.masked_fill(~stored, -torch.inf)
    positive = positive & stored
    usable = positive.any(1)
    count = usable.sum()
    if not bool(count > 0):
        return vectors.sum() * 0.0, torch.zeros((), device=vectors.device)
    logits = scale * similarities[usable]
    right = logits.masked_fill(~positive[usable], -torch.inf)
    loss = (logits.logsumexp(1) - right.logsumexp(1)).mean()
    with torch.no_grad():
        active = (right.amax(1) < logits.amax(1)).float().mean()
    return loss, active

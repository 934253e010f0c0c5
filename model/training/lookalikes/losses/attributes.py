"""The attribute loss: cross-entropy of a normalised softmax over the values of each target."""

import torch
from torch import Tensor

from model.training.lookalikes.losses.term import LossTerm, StepBatch, TermSetup, TermValue


class AttributeTerm(LossTerm):
    """Attribute loss of every target on both parts of the embedding, summed.

    The first part always has weight 1, the second `attribute_weight`.
    """

    name = "attributes"

    def __init__(self, setup: TermSetup) -> None:
        super().__init__(1.0)
        self.heads = setup.heads
        self._smoothing = setup.config.label_smoothing
        self._part_weights = (1.0, setup.config.attribute_weight)

    def compute(self, batch: StepBatch) -> TermValue:
        """See `LossTerm`."""
        loss = torch.zeros((), device=batch.views.device)
        for part, weight in enumerate(self._part_weights):
            if weight:
                for logits, allowed in zip(self.heads(part, batch.parts[part]), batch.allowed, strict=True):
                    loss = loss + weight * attribute_loss(logits, allowed, self._smoothing)
        return TermValue(loss)


def attribute_loss(logits: Tensor, allowed: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy against a set of values, any of which may be right; rows without any contribute 0.

    Args:
        logits: (B, classes) float.
        allowed: (B, classes) bool. One value is the usual label; several mean that only a group is known (a photo of
            a "hat" may show one of two article types); none means that the label is missing.
        smoothing: label smoothing, the share of the target that is spread over all classes.

    Returns:
        () float, mean over all B rows.
    """
    log_shares = logits.log_softmax(1)
    right = torch.where(allowed, log_shares, torch.full_like(log_shares, -torch.inf))
    known = allowed.any(1)
    # Rows without a label would give -inf, and NaN as its gradient.
    right = torch.where(known[:, None], right, log_shares)
    each = -(1 - smoothing) * right.logsumexp(1) - smoothing * log_shares.mean(1)
    return torch.where(known, each, torch.zeros_like(each)).sum() / len(logits)

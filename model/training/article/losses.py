"""The article's loss: cross-entropy on the category plus a weighted triplet margin loss on the embedding."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, slots=True)
class TripletLoss:
    """A triplet loss and what it was made of.

    Attributes:
        loss: () float, mean over the valid triplets; 0 when there are none.
        active: () int64, how many triplets are not yet apart by the margin: none left means that the loss has
            nothing more to teach, all of them for long that the embeddings collapsed.
        valid: () int64, how many triplets counted.
    """

    loss: Tensor
    active: Tensor
    valid: Tensor


def triplet_margin_loss(
    anchors: Tensor, positives: Tensor, negatives: Tensor, valid: Tensor, *, margin: float
) -> TripletLoss:
    """Mean of max(0, distance to the positive - distance to the negative + margin), Euclidean.

    Args:
        anchors, positives, negatives: (B, D) float, row by row one triplet.
        valid: (B,) bool; the others are left out.
        margin: above 0.

    Source: Balntas et al. 2016, Learning local feature descriptors with triplets and shallow convolutional
        neural networks, as in torch.nn.TripletMarginLoss.
    """
    each = F.triplet_margin_loss(anchors, positives, negatives, margin=margin, reduction="none")
    # `where` and not a product: what is left out may be NaN without spoiling the sum.
    kept = torch.where(valid, each, torch.zeros_like(each))
    count = valid.sum()
    return TripletLoss(kept.sum() / count.clamp(min=1), (kept > 0).sum(), count)

"""The triplet margin loss of the article's recipe."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True, slots=True)
class TripletLoss:
    """A triplet loss and its counts.

    Attributes:
        loss: () float, mean over the valid triplets; 0 if there are none.
        active: () int64, number of valid triplets that violate the margin. At 0 the loss has nothing left to teach;
            if it stays at all of them, the embeddings have collapsed.
        valid: () int64, number of valid triplets.
    """

    loss: Tensor
    active: Tensor
    valid: Tensor


def triplet_margin_loss(
    anchors: Tensor, positives: Tensor, negatives: Tensor, valid: Tensor, *, margin: float
) -> TripletLoss:
    """Mean of max(0, distance to the positive - distance to the negative + margin), Euclidean.

    Args:
        anchors, positives, negatives: (B, D) float, one triplet in each row.
        valid: (B,) bool, the triplets that count.
        margin: above 0.

    Source: Balntas et al. 2016, Learning local feature descriptors with triplets and shallow convolutional
        neural networks, as in torch.nn.TripletMarginLoss.
    """
    each = F.triplet_margin_loss(anchors, positives, negatives, margin=margin, reduction="none")
    # `where` and not a product, because rows that do not count may be NaN.
    kept = torch.where(valid, each, torch.zeros_like(each))
    count = valid.sum()
    return TripletLoss(kept.sum() / count.clamp(min=1), (kept > 0).sum(), count)

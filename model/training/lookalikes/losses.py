"""Losses of the default recipe, all on vectors of length 1."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def attribute_loss(logits: Tensor, allowed: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy against a set of values that may be right; rows where none is known count nothing.

    Args:
        logits: (B, classes) float.
        allowed: (B, classes) bool, the right value, or several where only a group of values is known (a customer's
            photo of a "hat" may be of one of two article types), or none.
        smoothing: share of the target that is spread over all classes.

    Returns:
        () float, mean over all B rows.
    """
    log_shares = logits.log_softmax(1)
    right = torch.where(allowed, log_shares, torch.full_like(log_shares, -torch.inf))
    known = allowed.any(1)
    # Rows that nothing is known of would give -inf, and its gradient NaN.
    right = torch.where(known[:, None], right, log_shares)
    each = -(1 - smoothing) * right.logsumexp(1) - smoothing * log_shares.mean(1)
    return torch.where(known, each, torch.zeros_like(each)).sum() / len(logits)


def item_loss(vectors: Tensor, bank: Tensor, seen: Tensor, positive: Tensor, scale: float) -> tuple[Tensor, Tensor]:
    """Tell each picture from all others: of all plain pictures its own and its siblings' should be the nearest.

    Args:
        vectors: (B, D) float, length 1, of views.
        bank: (N, D) float, length 1, the last vector of plain training pictures, without gradient.
        seen: (N,) bool, which of them have one.
        positive: (B, N) bool, which of them show the same item.
        scale: what cosines are multiplied by; the inverse of the temperature.

    Returns:
        () float, mean over the rows that have a positive, 0 when none has; and the share of those rows whose
        nearest neighbour is not yet a positive.

    Source: Wu et al. 2018, Unsupervised feature learning via non-parametric instance discrimination.
    """
    similarities = (vectors @ bank.T).float()
    similarities = similarities.masked_fill(~seen, -torch.inf)
    positive = positive & seen
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


def imitation_loss(parts: Sequence[Tensor], teacher_parts: Sequence[Tensor]) -> Tensor:
    """1 - cosine between a student's vectors and its teacher's of the same views: mean over rows, summed over parts."""
    return torch.stack(
        [(1 - F.cosine_similarity(mine, theirs)).mean() for mine, theirs in zip(parts, teacher_parts, strict=True)]
    ).sum()

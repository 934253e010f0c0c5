"""Cross-entropy against a set of values, as a mean over the pictures of which something is known."""

import torch
from torch import Tensor


def set_loss(logits: Tensor, allowed: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy of a softmax against values any of which may be right.

    Unlike `attribute_loss` of the default recipe, which is a mean over all rows. Here a batch holds pictures of three
    kinds, and the weight of a kind must not depend on how many labels its pictures lack.

    Args:
        logits: (B, classes) float.
        allowed: (B, classes) bool. One value is the usual label; several mean that only a group is known; none means
            that the label is missing.
        smoothing: label smoothing, the share of the target that is spread over all classes.

    Returns:
        () float, mean over the rows with an allowed value; 0 if there is none.
    """
    log_shares = logits.log_softmax(1)
    right = torch.where(allowed, log_shares, torch.full_like(log_shares, -torch.inf))
    known = allowed.any(1)
    # Rows without a label would give -inf, and NaN as its gradient.
    right = torch.where(known[:, None], right, log_shares)
    each = -(1 - smoothing) * right.logsumexp(1) - smoothing * log_shares.mean(1)
    return torch.where(known, each, torch.zeros_like(each)).sum() / known.sum().clamp(min=1)

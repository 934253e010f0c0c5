"""How much boxes overlap."""

import torch
from torch import Tensor


def intersection_over_union(first: Tensor, second: Tensor) -> Tensor:
    """The share of each pair's union that both cover: (..., 4) and (..., 4) float -> (...) float, broadcast."""
    overlap, union = _overlap_and_union(first, second)
    return overlap / union


def generalised_intersection_over_union(first: Tensor, second: Tensor) -> Tensor:
    """The same, minus the share of their common frame that neither covers; -1 to 1.

    Source: Rezatofighi et al. 2019, arXiv:1902.09630.
    """
    overlap, union = _overlap_and_union(first, second)
    sides = torch.maximum(first[..., 2:], second[..., 2:]) - torch.minimum(first[..., :2], second[..., :2])
    frame = sides.prod(-1).clamp(min=1e-6)
    return overlap / union - (frame - union) / frame


def _overlap_and_union(first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    sides = torch.minimum(first[..., 2:], second[..., 2:]) - torch.maximum(first[..., :2], second[..., :2])
    overlap = sides.clamp(min=0).prod(-1)
    areas = (first[..., 2:] - first[..., :2]).prod(-1) + (second[..., 2:] - second[..., :2]).prod(-1)
    return overlap, (areas - overlap).clamp(min=1e-6)

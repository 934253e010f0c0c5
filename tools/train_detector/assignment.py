"""Which points of the grid answer for which garment."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tools.train_detector.overlap import intersection_over_union

_POINTS_OF_A_GARMENT = 9
_SCORE_POWER, _OVERLAP_POWER = 0.5, 4.0
_NEVER = -1.0


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """What the points of one view should say.

    Attributes:
        points: (A,) int64, those that answer for a garment.
        garments: (A,) int64, which one.
        quality: (A,) float, the score that each should give to its class, 0 to 1.
    """

    points: Tensor
    garments: Tensor
    quality: Tensor


def assign(points: Tensor, scores: Tensor, boxes: Tensor, wanted: Tensor, classes: Tensor) -> Assignment:
    """Choose for each garment the points inside it that see it best already.

    Args:
        points: (P, 2) float, pixels.
        scores: (P, C) float, 0 to 1, as the network says.
        boxes: (P, 4) float, as the network says, pixels.
        wanted: (G, 4) float, where the garments are, G at least 1.
        classes: (G,) int64.

    Source: Feng et al. 2021, "TOOD", arXiv:2108.07755.
    """
    beyond = torch.minimum((points[None] - wanted[:, None, :2]).amin(-1), (wanted[:, None, 2:] - points[None]).amin(-1))
    inside = beyond > 0
    overlap = intersection_over_union(wanted[:, None], boxes[None])
    alignment = scores[:, classes].T.pow(_SCORE_POWER) * overlap.pow(_OVERLAP_POWER)
    alignment = torch.where(inside, alignment + 1e-9, torch.full_like(alignment, _NEVER))
    best, rows = alignment.topk(min(_POINTS_OF_A_GARMENT, len(points)), dim=1)
    chosen = torch.zeros_like(inside).scatter_(1, rows, best > 0)
    # A point that two garments want goes to the one that it covers better.
    owner = torch.where(chosen, overlap, torch.full_like(overlap, _NEVER)).argmax(0)
    taken = chosen.any(0).nonzero().flatten()
    garments = owner[taken]
    ours = alignment[garments, taken].clamp(min=0)
    # The best point of each garment should reach the best overlap that any of its points has.
    top_alignment = torch.zeros(len(wanted)).scatter_reduce_(0, garments, ours, "amax")
    top_overlap = torch.zeros(len(wanted)).scatter_reduce_(0, garments, overlap[garments, taken], "amax")
    quality = ours / top_alignment[garments].clamp(min=1e-9) * top_overlap[garments]
    return Assignment(taken, garments, quality)

"""The loss of a batch of views."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from tools.train_detector.assignment import assign
from tools.train_detector.overlap import generalised_intersection_over_union

_FOCUS = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """The garments of one view.

    Attributes:
        boxes: (G, 4) float32, pixels.
        classes: (G,) int64.
        is_exact: (G,) bool; the boxes of the others teach nothing about sizes.
    """

    boxes: Tensor
    classes: Tensor
    is_exact: Tensor


def boxes_around(points: Tensor, reaches: Tensor) -> Tensor:
    """Boxes from the distances of their sides: (P, 2) and (..., P, 4) -> (..., P, 4), x1, y1, x2, y2."""
    return torch.cat((points - reaches[..., :2], points + reaches[..., 2:]), -1)


def detection_loss(
    points: Tensor, logits: Tensor, reaches: Tensor, wanted: Sequence[Wanted], *, box_weight: float
) -> tuple[Tensor, Tensor]:
    """The losses of scores and of boxes.

    Args:
        points: (P, 2) float32, pixels.
        logits: (B, P, C) float.
        reaches: (B, P, 4) float, pixels.
        wanted: of each view.
        box_weight: of the second loss.

    Returns:
        Loss of the scores (quality focal loss), and of the boxes (generalised IoU), both scalars.

    Source: Li et al. 2020, "Generalized Focal Loss", arXiv:2006.04388.
    """
    boxes = boxes_around(points, reaches)
    scores = logits.sigmoid()
    target = torch.zeros_like(logits)
    box_loss, exact = logits.new_zeros(()), logits.new_zeros(())
    for row, garments in enumerate(wanted):
        if len(garments.boxes) == 0:
            continue
        with torch.no_grad():
            found = assign(points, scores[row], boxes[row], garments.boxes, garments.classes)
        target[row, found.points, garments.classes[found.garments]] = found.quality
        measured = garments.is_exact[found.garments].float() * found.quality
        overlap = generalised_intersection_over_union(boxes[row, found.points], garments.boxes[found.garments])
        box_loss = box_loss + ((1 - overlap) * measured).sum()
        exact = exact + measured.sum()
    missed = (target - scores).abs().pow(_FOCUS)
    score_loss = (F.binary_cross_entropy_with_logits(logits, target, reduction="none") * missed).sum()
    return score_loss / target.sum().clamp(min=1.0), box_weight * box_loss / exact.clamp(min=1.0)

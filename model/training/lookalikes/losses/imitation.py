"""The imitation loss: embeddings like those that a teacher network has for the same views."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from model.training.lookalikes.losses.term import LossTerm, StepBatch, TermSetup, TermValue


class ImitationTerm(LossTerm):
    """Imitation of the teacher on both parts of the embedding; 0 without a teacher."""

    name = "imitation"

    def __init__(self, setup: TermSetup) -> None:
        super().__init__(setup.config.teacher_weight)
        self._teacher = setup.teacher

    def compute(self, batch: StepBatch) -> TermValue:
        """See `LossTerm`."""
        if self._teacher is None:
            return TermValue(torch.zeros((), device=batch.views.device))
        return TermValue(imitation_loss(batch.parts, self._teacher.parts(batch.views)))


def imitation_loss(parts: Sequence[Tensor], teacher_parts: Sequence[Tensor]) -> Tensor:
    """1 - cosine between the student's and the teacher's vectors of the same views.

    Args:
        parts: for each part of the embedding (B, D) float of the student.
        teacher_parts: the same of the teacher.

    Returns:
        () float, mean over the rows, summed over the parts.
    """
    return torch.stack(
        [(1 - F.cosine_similarity(mine, theirs)).mean() for mine, theirs in zip(parts, teacher_parts, strict=True)]
    ).sum()

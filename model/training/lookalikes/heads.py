"""What is trained behind the embedding and thrown away afterwards: one direction for each value of each target."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.training.lookalikes.config import ATTRIBUTE_SCALE


class AttributeHeads(nn.Module):
    """Normalised softmax over several attributes: cosines to one direction a value, for each part of the embedding.

    Args:
        classes: for each target how many values it has.
        widths: dimensions of the embedding's parts.
        generator: draws the first directions.

    Source: Zhai and Wu 2019, Classification is a strong baseline for deep metric learning.
    """

    def __init__(self, classes: Sequence[int], widths: Sequence[int], generator: torch.Generator) -> None:
        super().__init__()
        self.directions = nn.ParameterList(
            nn.Parameter(torch.randn(count, width, generator=generator) / width**0.5)
            for width in widths
            for count in classes
        )
        self._classes = len(classes)

    def begin_at(self, part: int, sums: Sequence[Tensor]) -> None:
        """Point each value's direction to the mean of its pictures; values without any keep theirs.

        Args:
            part: of the embedding.
            sums: targets x (classes, width) float, the sum of the part's vectors of each value's pictures.
        """
        own = self.directions[part * self._classes : (part + 1) * self._classes]
        with torch.no_grad():
            for directions, total in zip(own, sums, strict=True):
                length = total.norm(dim=1, keepdim=True)
                directions.copy_(torch.where(length > 0, total / length.clamp(min=1e-12), directions))

    def forward(self, part: int, vectors: Tensor) -> list[Tensor]:
        """Logits of each target from one part: (B, width) float of length 1 -> targets x (B, classes)."""
        own = self.directions[part * self._classes : (part + 1) * self._classes]
        return [ATTRIBUTE_SCALE * (vectors @ F.normalize(directions, dim=1).T) for directions in own]


def split_embedding(embedding: Tensor, components: int) -> tuple[Tensor, Tensor]:
    """The two parts of an embedding, each of length 1: (B, D) -> (B, components), (B, D - components).

    The first says what kind of thing it is; it is what is left after the reduction. The second tells items of a
    kind apart; re-ranking by the full embedding brings it in.
    """
    return F.normalize(embedding[:, :components], dim=1), F.normalize(embedding[:, components:], dim=1)

"""The attribute heads behind the embedding, which are needed in training only, and the two parts of an embedding."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from contracts.search_defaults import COMPONENTS
from model.training.lookalikes.config import ATTRIBUTE_SCALE


class AttributeHeads(nn.Module):
    """Normalised softmax over several attributes: scaled cosines to one prototype for each value.

    Each part of the embedding has prototypes of its own.

    Args:
        classes: the number of values of each target.
        widths: dimensions of each part of the embedding.
        generator: draws the first prototypes.

    Attributes:
        parts: of the embedding.

    Source: Zhai and Wu 2019, Classification is a strong baseline for deep metric learning.
    """

    def __init__(self, classes: Sequence[int], widths: Sequence[int], generator: torch.Generator) -> None:
        super().__init__()
        self.prototypes = nn.ParameterList(
            nn.Parameter(torch.randn(count, width, generator=generator) / width**0.5)
            for width in widths
            for count in classes
        )
        self.parts = len(widths)
        self._targets = len(classes)

    def of_part(self, part: int) -> list[Tensor]:
        """The prototypes of one part of the embedding: for each target (classes, width) float."""
        return list(self.prototypes[part * self._targets : (part + 1) * self._targets])

    def set_to_means(self, part: int, sums: Sequence[Tensor]) -> None:
        """Point each prototype to the mean of its pictures; values without a picture keep theirs.

        Args:
            part: of the embedding.
            sums: for each target (classes, width) float, the sum of the vectors of each value's pictures.
        """
        with torch.no_grad():
            for prototypes, total in zip(self.of_part(part), sums, strict=True):
                length = total.norm(dim=1, keepdim=True)
                prototypes.copy_(torch.where(length > 0, total / length.clamp(min=1e-12), prototypes))

    def forward(self, part: int, vectors: Tensor) -> list[Tensor]:
        """Logits of each target from one part of the embedding.

        Args:
            part: of the embedding.
            vectors: (B, width) float, L2-normalised.

        Returns:
            For each target (B, classes) float.
        """
        return [ATTRIBUTE_SCALE * (vectors @ F.normalize(each, dim=1).T) for each in self.of_part(part)]

    def top1(self, vectors: Tensor, allowed: Tensor) -> Tensor:
        """Share of pictures whose first guess of the first target is an allowed value, of those that have one.

        Args:
            vectors: (B, width) float, L2-normalised, of the first part.
            allowed: (B, classes) bool, the values of the first target that are or may be right.

        Returns:
            () float32, 0 if no picture has an allowed value.
        """
        with torch.no_grad():
            guess = self(0, vectors)[0].argmax(1)
            known = allowed.any(1)
            return (allowed.gather(1, guess[:, None])[:, 0] & known).sum() / known.sum().clamp(min=1)


def split_embedding(embedding: Tensor, components: int = COMPONENTS) -> tuple[Tensor, Tensor]:
    """The two parts of an embedding, each L2-normalised: (B, D) -> (B, components), (B, D - components).

    The first part says what kind of product it is; search's reduction keeps it. The second part tells products of a
    kind apart; re-ranking by the full embedding uses it.
    """
    return F.normalize(embedding[:, :components], dim=1), F.normalize(embedding[:, components:], dim=1)

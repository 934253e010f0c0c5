"""Search as it is served: the nearest by 30 principal components, scored again by the second parts."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from contracts.search_defaults import COMPONENTS, RERANKED
from index.scoring import USUALLY_NEAR
from model.training.lookalikes.heads import split_embedding

_QUERIES_AT_ONCE = 256
# Below any cosine: of pictures that must not be found.
_EXCLUDED = -2.0


@dataclass(frozen=True, slots=True, eq=False)
class Gallery:
    """The embeddings to search in; build one with `of`.

    Attributes:
        seconds: (N, 482) float32, the second parts, L2-normalised.
        reduced: (N, 30) float32, L2-normalised.
        mean: (512,) float32.
        basis: (512, 30) float32, orthonormal.
        variance_kept: share of the variance that the basis keeps.
    """

    seconds: Tensor
    reduced: Tensor
    mean: Tensor
    basis: Tensor
    variance_kept: float

    @classmethod
    def of(cls, embeddings: Tensor) -> "Gallery":
        """Fit the principal components: (N, 512) float32, N at least 2."""
        mean = embeddings.mean(0)
        centred = (embeddings - mean).double()
        variances, directions = torch.linalg.eigh(centred.T @ centred)
        basis = directions[:, -COMPONENTS:].float()
        kept = float(variances[-COMPONENTS:].sum() / variances.sum())
        return cls(split_embedding(embeddings)[1], _reduced(embeddings, mean, basis), mean, basis, kept)

    def nearest(self, queries: Tensor, top: int, excluded: tuple[Tensor, Tensor] | None = None) -> Tensor:
        """The rows of the gallery that are nearest to each query.

        Args:
            queries: (Q, 512) float32.
            top: how many for each query; fewer if the gallery is smaller.
            excluded: a number for each query, (Q,) int64, and for each row, (N,) int64: a query does not find rows
                with its own number as long as there are others.

        Returns:
            (Q, top) int64, the nearest first.
        """
        window = min(RERANKED, len(self.seconds))
        found = []
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            part = queries[start : start + _QUERIES_AT_ONCE]
            similarities = _reduced(part, self.mean, self.basis) @ self.reduced.T
            if excluded is not None:
                own = excluded[0][start : start + _QUERIES_AT_ONCE, None] == excluded[1][None]
                similarities = similarities.masked_fill(own, _EXCLUDED)
            rough, rows = similarities.topk(window, 1)
            cosines = torch.einsum("qd,qkd->qk", split_embedding(part)[1], self.seconds[rows])
            left = (1 - cosines) / (1 - USUALLY_NEAR)
            scores = torch.where(cosines <= USUALLY_NEAR, rough, 1 - (1 - rough) * left.square())
            # Not even the same picture under another number may come forward.
            scores = scores.masked_fill(rough < _EXCLUDED + 0.5, _EXCLUDED)
            found.append(rows.gather(1, scores.topk(min(top, window), 1).indices))
        return torch.cat(found)


def _reduced(embeddings: Tensor, mean: Tensor, basis: Tensor) -> Tensor:
    return F.normalize((embeddings - mean) @ basis, dim=1)

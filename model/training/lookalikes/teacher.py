"""A teacher: a trained network whose embeddings of the same views are imitated."""

import torch
import torch.nn.functional as F
from torch import Tensor

from model.checkpoint import Checkpoint
from model.training.lookalikes.forward import pooled_features
from model.training.lookalikes.heads import split_embedding


class Teacher:
    """A trained network that stays as it is.

    Args:
        checkpoint: the network; its input size may differ from the student's.
        device: where it runs.
    """

    def __init__(self, checkpoint: Checkpoint, device: torch.device) -> None:
        self._network = checkpoint.network.to(device).to(memory_format=torch.channels_last).eval().requires_grad_(False)
        self._size = checkpoint.preprocessing.input_size

    def parts(self, views: Tensor) -> tuple[Tensor, Tensor]:
        """Both parts of its embeddings.

        Args:
            views: (B, 3, S, S) float32, 0 to 1.

        Returns:
            (B, 30) and (B, 482) float32, L2-normalised, without gradient.
        """
        return self.split(self.pooled(views))

    def pooled(self, views: Tensor) -> Tensor:
        """Its pooled features: (B, 3, S, S) float32, 0 to 1 -> (B, features) float32, without gradient."""
        if views.shape[-1] != self._size:
            views = F.interpolate(views, size=(self._size, self._size), mode="bilinear", antialias=True)
        with torch.no_grad():
            return pooled_features(self._network, views)

    def split(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """Both parts of the embeddings that it makes of pooled features, as `parts`: (B, features) float32."""
        with torch.no_grad():
            return split_embedding(self._network.projection(pooled))

"""Another network whose embeddings of the same views are imitated."""

import torch
import torch.nn.functional as F
from torch import Tensor

from contracts.search_defaults import COMPONENTS
from model.checkpoint import Checkpoint
from model.training.lookalikes.half_precision import half_where_fast
from model.training.lookalikes.heads import split_embedding
from model.training.lookalikes.normalising import normalised


class Teacher:
    """A trained network that is only asked.

    Args:
        checkpoint: it; its own input size may be another than the pupil's.
        device: where it runs.
    """

    def __init__(self, checkpoint: Checkpoint, device: torch.device) -> None:
        self._network = checkpoint.network.to(device).to(memory_format=torch.channels_last).eval().requires_grad_(False)
        self._size = checkpoint.preprocessing.input_size
        self._device = device

    def parts(self, views: Tensor) -> tuple[Tensor, Tensor]:
        """Both parts of its embeddings: (B, 3, S, S) float, 0 to 1 -> (B, 30), (B, 482), each of length 1."""
        if views.shape[-1] != self._size:
            views = F.interpolate(views, size=(self._size, self._size), mode="bilinear", antialias=True)
        with torch.no_grad():
            with half_where_fast(self._device):
                feature_map = self._network.backbone(normalised(views, self._network.name))
            pooled = self._network.pool(feature_map.float()).flatten(1)
            return split_embedding(self._network.from_pooled(pooled).embedding, COMPONENTS)

"""The key encoder of momentum contrast: the averaged network, which embeds training pictures without augmentation."""

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from model.training.lookalikes.forward import embed
from model.training.lookalikes.heads import split_embedding
from model.training.lookalikes.training_pictures import TrainingPictures
from model.training.lookalikes.weight_average import WeightAverage


class KeyEncoder:
    """Embeds training pictures as a gallery would hold them.

    A customer's photo is compared with such embeddings, so views are contrasted with them in training. The average
    changes so slowly that keys of earlier steps stay comparable.

    Args:
        average: of the weights that are trained.
        pictures: to embed.
        input_size: side of the network's input, pixels.
        device: where the network is.

    Source: He et al. 2020, Momentum contrast for unsupervised visual representation learning.
    """

    def __init__(
        self, average: WeightAverage, pictures: TrainingPictures, input_size: int, device: torch.device
    ) -> None:
        self._average = average
        self._pictures = pictures
        self._size = (input_size, input_size)
        self._device = device

    def encode(self, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Both parts of the embeddings of some pictures, see `split_embedding`; without gradient.

        Args:
            rows: (B,) int64, ascending.
        """
        pictures = self._pictures.tensor(rows, self._device).float().div_(255.0)
        resized = F.interpolate(pictures, size=self._size, mode="bilinear", antialias=True)
        with torch.no_grad():
            return split_embedding(embed(self._average.network, resized))

"""The item memory: the last embedding of each training picture, to contrast the views of a batch with."""

import torch
from torch import Tensor, nn


class ItemMemory(nn.Module):
    """A memory bank with one vector for each training picture.

    Args:
        groups: (N,) int64, the same number for pictures of the same item.
        width: dimensions of a vector.

    Attributes:
        vectors: (N, width) float16. In half precision, because for a million pictures it takes a gigabyte, in memory
            and in the saved state.
        stored: (N,) bool, which vectors have been stored yet.
        groups: see above; not part of the saved state.

    Source: Wu et al. 2018, Unsupervised feature learning via non-parametric instance discrimination.
    """

    vectors: Tensor
    stored: Tensor
    groups: Tensor

    def __init__(self, groups: Tensor, width: int) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.zeros(len(groups), width, dtype=torch.float16))
        self.register_buffer("stored", torch.zeros(len(groups), dtype=torch.bool))
        self.register_buffer("groups", groups, persistent=False)

    def store(self, index: Tensor, vectors: Tensor) -> None:
        """Replace the vectors of some pictures.

        Args:
            index: (B,) int64, which pictures.
            vectors: (B, width) float, L2-normalised.
        """
        with torch.no_grad():
            self.vectors[index] = vectors.half()
            self.stored[index] = True

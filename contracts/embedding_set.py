"""Embeddings of a catalogue's items and the model that made them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.errors import EmbeddingsError
from contracts.items import Item

EMBEDDING_DIMENSIONS = 512


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which network made an embedding; two embeddings compare only when their versions are equal.

    Attributes:
        version: network name + `-` + 12 hex of sha256(weights, canonical JSON of the preprocessing).
        network: architecture, such as `resnet50` or `efficientnet_lite0`.
        source: what to pass as --checkpoint to load it again: a folder, or `imagenet:<network>`.
        input_size: side of the square input, pixels.
        two_parts: whether its first directions were trained to say of what kind a thing is and the others which one
            it is, as `lookalike train` does by default.
    """

    version: str
    network: str
    source: str
    input_size: int
    two_parts: bool = False


@dataclass(frozen=True, slots=True)
class EmbeddingSet:
    """The embeddings of one catalogue, row by row in catalogue order.

    Attributes:
        items: N items, ids unique.
        embeddings: (N, 512) float32, may be memory-mapped; not normalised.
        model: who made them.
        catalogue_root: absolute path of the folder that `Item.image` is relative to.

    Raises:
        EmbeddingsError: shapes or types do not fit.
    """

    items: Sequence[Item]
    embeddings: NDArray[np.float32]
    model: ModelIdentity
    catalogue_root: str

    def __post_init__(self) -> None:
        expected = (len(self.items), EMBEDDING_DIMENSIONS)
        if self.embeddings.shape != expected or self.embeddings.dtype != np.float32:
            raise EmbeddingsError(
                f"embeddings must be float32 of shape {expected}; "
                f"got {self.embeddings.dtype} of shape {self.embeddings.shape}; run `lookalike extract` again"
            )

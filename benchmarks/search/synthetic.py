"""Synthetic embeddings for a benchmark without real ones."""

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EMBEDDING_DIMENSIONS

ROWS = 40_000
_KINDS = 60
_LOOKS = 40
_DIRECTIONS = 96
# Spread of looks around their kind and of items around their look, relative to the spread of kinds.
_LOOK_SPREAD = 0.7
_ITEM_SPREAD = 0.45
_NOISE = 0.01


def draw_synthetic(generator: np.random.Generator) -> NDArray[np.float32]:
    """Draw items of 60 kinds with 40 looks each: Gaussian clouds in 96 directions whose deviations fall as 1 / sqrt(n).

    Easier to search than some real embeddings and harder than others. They show that a benchmark runs and how cost
    grows with the number of items, but not the cost for a real catalogue.

    Returns:
        (40,000, 512) float32, not normalised.
    """
    deviations = 1.0 / np.sqrt(np.arange(1, _DIRECTIONS + 1))
    kinds = generator.standard_normal((_KINDS, _DIRECTIONS))
    looks = kinds[:, None] + _LOOK_SPREAD * generator.standard_normal((_KINDS, _LOOKS, _DIRECTIONS))
    # Some looks are common and most are rare, as in shops.
    shares = generator.dirichlet(np.full(_KINDS * _LOOKS, 0.5))
    chosen = generator.choice(_KINDS * _LOOKS, ROWS, p=shares)
    latent = looks.reshape(-1, _DIRECTIONS)[chosen]
    latent += _ITEM_SPREAD * generator.standard_normal((ROWS, _DIRECTIONS))
    axes = np.linalg.qr(generator.standard_normal((EMBEDDING_DIMENSIONS, _DIRECTIONS)))[0].T
    embeddings: NDArray[np.float32] = ((latent * deviations) @ axes).astype(np.float32)
    embeddings += np.float32(_NOISE) * generator.standard_normal(embeddings.shape, np.float32)
    return embeddings

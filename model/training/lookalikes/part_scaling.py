"""Scales the two parts of an embedding, which decides how much each counts in a cosine of the whole."""

import copy

import numpy as np
import torch
from numpy.typing import NDArray

from contracts.embedding_set import ModelIdentity
from contracts.search_defaults import COMPONENTS
from model.engines.torch_engine import TorchEngine
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing

_AT_ONCE = 64


def with_scaled_parts(
    network: LookalikeNetwork, preprocessing: Preprocessing, inputs: NDArray[np.uint8], *, share: float, device: str
) -> LookalikeNetwork:
    """Copy a network and scale its projection so that the first 30 coordinates have a given share of the length.

    Training uses the directions of the parts only, so their lengths are arbitrary. The reduction keeps the directions
    of most variance. They should be the first 30 coordinates, with enough left of the others for re-ranking by the
    whole embedding.

    Args:
        network: to copy.
        preprocessing: of the network.
        inputs: (N, 3, S, S) uint8, fitted pictures to measure the lengths with.
        share: of the first 30 coordinates in an embedding's mean squared length, above 0 and below 1.
        device: where the pictures are embedded.
    """
    result = copy.deepcopy(network)
    engine = TorchEngine(network, preprocessing, ModelIdentity("part scaling", network.name, "", 0), device=device)
    squares = np.zeros(2)
    for start in range(0, len(inputs), _AT_ONCE):
        embeddings = engine.embed(inputs[start : start + _AT_ONCE]).embeddings.astype(np.float64)
        squares += [np.square(embeddings[:, part]).sum() for part in (slice(COMPONENTS), slice(COMPONENTS, None))]
    factor = float(np.sqrt(squares[0] / squares[1] * (1 - share) / share))
    with torch.no_grad():
        result.projection.weight[COMPONENTS:] *= factor
        result.projection.bias[COMPONENTS:] *= factor
        if result.head is not None:
            result.head.weight[:, COMPONENTS:] /= factor
    return result

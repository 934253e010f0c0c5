"""How much the two parts of an embedding weigh in a cosine of the whole."""

import copy

import numpy as np
import torch
from numpy.typing import NDArray

from contracts.embedding_set import ModelIdentity
from contracts.search_defaults import COMPONENTS
from model.engine import Engine
from model.network import LookalikeNetwork
from model.preprocessing import Preprocessing

_AT_ONCE = 64


def balanced(
    network: LookalikeNetwork, preprocessing: Preprocessing, inputs: NDArray[np.uint8], *, share: float, device: str
) -> LookalikeNetwork:
    """A copy whose first 30 coordinates have, on average, a given share of an embedding's squared length.

    The parts are trained by their directions alone; how long each is comes out as it happens. The reduction keeps
    the directions of most variance: those shall be the first 30, and still leave re-ranking by the whole embedding
    enough of the rest.

    Args:
        inputs: (N, 3, S, S) uint8 fitted pictures to measure with.
        share: above 0 and below 1.
    """
    result = copy.deepcopy(network)
    engine = Engine(network, preprocessing, ModelIdentity("balance", network.name, "", 0), device=device)
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

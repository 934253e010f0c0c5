"""The fixed projection from pooled features to 512 dimensions, for networks that are not trained further."""

import numpy as np
from numpy.typing import NDArray

_SEED = 512


def fixed_projection(features: int, dimensions: int = 512) -> NDArray[np.float32]:
    """A random sign matrix that preserves distances between feature vectors up to a few per cent.

    The entries are +-1/sqrt(dimensions) from a fixed seed and equal to the last bit on every machine, as they must be:
    the matrix is part of the weights that determine the model version. For `dimensions` features it is the identity.

    Args:
        features: width of the pooled features.
        dimensions: of the embedding.

    Returns:
        (dimensions, features) float32.

    Source: Achlioptas 2003, "Database-friendly random projections", J. Comput. Syst. Sci. 66.
    """
    if features == dimensions:
        return np.eye(dimensions, dtype=np.float32)
    signs = np.random.Generator(np.random.PCG64(_SEED)).integers(0, 2, size=(dimensions, features))
    projection: NDArray[np.float32] = ((2 * signs - 1) / np.sqrt(dimensions)).astype(np.float32)
    return projection

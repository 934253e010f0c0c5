"""The projection from pooled features to 512 dimensions that a catalogue's own pictures suggest: a PCA."""

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.errors import EmbeddingsError


def pca_projection(features: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The principal components of pooled features.

    Args:
        features: (N, F) float32, of different pictures.

    Returns:
        Weight (512, F) and bias (512,) float32 of a layer, which takes away the mean and keeps the 512 directions of
        most variance. Of fewer than 512 features it keeps all, and the other rows are 0.

    Raises:
        EmbeddingsError: there are too few pictures for as many directions, or a feature is not finite.
    """
    count, width = features.shape
    kept = min(EMBEDDING_DIMENSIONS, width)
    if count <= kept:
        raise EmbeddingsError(
            f"a PCA to {kept} dimensions needs more than {kept} different pictures, and there are {count}; "
            "pass --projection fixed"
        )
    exact = features.astype(np.float64)
    mean = exact.mean(axis=0)
    if not np.isfinite(mean).all():
        raise EmbeddingsError("the network returned features that are not finite; choose another network")
    centred = exact - mean
    # In ascending order of variance.
    _, directions = np.linalg.eigh(centred.T @ centred)
    chosen = directions[:, ::-1][:, :kept].T
    # A direction and its opposite are equally good: take the one whose largest number is positive.
    largest = np.take_along_axis(chosen, np.abs(chosen).argmax(axis=1)[:, None], axis=1)
    weight = np.zeros((EMBEDDING_DIMENSIONS, width))
    weight[:kept] = chosen * np.sign(largest)
    return weight.astype(np.float32), (-weight @ mean).astype(np.float32)

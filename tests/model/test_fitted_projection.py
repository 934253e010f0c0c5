"""The PCA that is fitted at extraction."""

import numpy as np
import pytest
from sklearn.decomposition import PCA

from contracts.errors import EmbeddingsError
from model.fitted_projection import pca_projection


def test_it_is_scikit_learns_pca_up_to_signs() -> None:
    generator = np.random.default_rng(3)
    features = (generator.normal(size=(700, 520)) * np.linspace(3, 0.1, 520) + 5).astype(np.float32)
    weight, bias = pca_projection(features)
    assert weight.shape == (512, 520)
    assert weight.dtype == bias.dtype == np.float32
    found = features @ weight.T + bias
    expected = PCA(30, svd_solver="full").fit_transform(features)
    assert np.allclose(np.abs(found[:, :30]), np.abs(expected), atol=1e-2)
    assert np.allclose(found.mean(axis=0), 0, atol=1e-3)
    assert np.allclose(weight @ weight.T, np.eye(512), atol=1e-5)
    # The same picture must have the same embedding, so no sign is left to chance.
    assert (weight[np.arange(512), np.abs(weight).argmax(axis=1)] > 0).all()


def test_of_fewer_features_all_are_kept() -> None:
    features = np.random.default_rng(3).normal(size=(40, 20)).astype(np.float32)
    weight, bias = pca_projection(features)
    found = features @ weight.T + bias
    assert found.shape == (40, 512)
    assert not found[:, 20:].any()
    between = np.linalg.norm(features[:, None] - features, axis=2)
    assert np.allclose(np.linalg.norm(found[:, None] - found, axis=2), between, atol=1e-4)


def test_too_few_pictures_and_numbers_that_are_not_finite() -> None:
    with pytest.raises(
        EmbeddingsError, match="needs more than 20 different pictures, and there are 20; pass --projection"
    ):
        pca_projection(np.ones((20, 20), np.float32))
    with pytest.raises(EmbeddingsError, match="not finite"):
        pca_projection(np.full((30, 20), np.nan, np.float32))

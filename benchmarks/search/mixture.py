"""Any number of items drawn from a Gaussian mixture fitted to real ones."""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from benchmarks.search.truth import unit_rows
from contracts.progress import Progress, unseen

_COMPONENTS = 128
_FITTED_ROWS = 50_000
_ROUNDS = 30
_ROWS_AT_ONCE = 65_536
# Least rows per component for the fit.
_ROWS_A_COMPONENT = 20


class Mixture:
    """128 Gaussians with full covariances (fewer for under 2,560 rows), fitted to reduced embeddings.

    Harder to search than jittered copies, because its clouds have no gaps.

    Args:
        vectors: (M, C) float32, of length 1; if there are more than 50,000, a sample of that size is fitted.
        generator: for the sample and the fit.
    """

    def __init__(self, vectors: NDArray[np.float32], generator: np.random.Generator) -> None:
        if len(vectors) > _FITTED_ROWS:
            vectors = vectors[np.sort(generator.choice(len(vectors), _FITTED_ROWS, replace=False))]
        components = max(1, min(_COMPONENTS, len(vectors) // _ROWS_A_COMPONENT))
        seed = int(generator.integers(2**31))
        fitted = GaussianMixture(components, max_iter=_ROUNDS, random_state=seed)
        with warnings.catch_warnings():
            # This many rounds are enough, even if the fit has not fully converged.
            warnings.simplefilter("ignore", ConvergenceWarning)
            fitted.fit(vectors.astype(np.float64))
        self._shares = fitted.weights_ / fitted.weights_.sum()
        self._means = fitted.means_
        self._factors = np.linalg.cholesky(fitted.covariances_)

    def fill(self, vectors: NDArray[np.float32], generator: np.random.Generator, progress: Progress = unseen) -> None:
        """Fill (N, C) float32 with draws of length 1, in random order; `progress` is told of draws done."""
        for start in range(0, len(vectors), _ROWS_AT_ONCE):
            part = vectors[start : start + _ROWS_AT_ONCE]
            drawn = generator.standard_normal(part.shape)
            chosen = generator.choice(len(self._shares), len(part), p=self._shares)
            for component in np.unique(chosen):
                members = chosen == component
                drawn[members] = drawn[members] @ self._factors[component].T + self._means[component]
            part[:] = unit_rows(drawn)
            progress(start + len(part), len(vectors))

"""Principal component analysis with NumPy."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class PrincipalComponents:
    """The directions of the largest variance, the largest first.

    Attributes:
        mean: (D,) float64 of the rows.
        axes: (D, K) float64, orthonormal columns. Of each, the entry of the largest size is positive, so that equal
            rows give equal axes on every machine.
        variances: (K,) float64, along each axis.
        ratios: (K,) float64, the variances as shares of the whole variance.
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    variances: NDArray[np.float64]
    ratios: NDArray[np.float64]


def principal_components(rows: NDArray[np.float64], components: int | float) -> PrincipalComponents:
    """Find the principal components of some rows.

    Args:
        rows: (N, D) float64, finite, N at least 2, not all equal.
        components: how many, at most the smaller of N and D; or a float between 0 and 1: as many as explain this
            share of the variance.
    """
    mean = rows.mean(axis=0)
    if len(rows) >= rows.shape[1]:
        # With many rows the covariance matrix is far smaller than the data, and as exact.
        covariance = (rows.T @ rows - len(rows) * np.outer(mean, mean)) / (len(rows) - 1)
        rising, columns = np.linalg.eigh(covariance)
        variances, axes = np.clip(rising[::-1], 0, None), columns[:, ::-1]
    else:
        _, singular, right = np.linalg.svd(rows - mean, full_matrices=False)
        variances, axes = singular**2 / (len(rows) - 1), right.T
    ratios = variances / variances.sum()
    kept = components if isinstance(components, int) else _enough(ratios, components)
    axes = axes[:, :kept]
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(kept)]
    return PrincipalComponents(mean, axes * np.sign(largest), variances[:kept], ratios[:kept])


def _enough(ratios: NDArray[np.float64], share: float) -> int:
    """How many of the largest components explain over this share of the variance."""
    return int(np.searchsorted(np.cumsum(ratios), share, side="right")) + 1

"""Fitting the reduction: min-max or L2 scaling, then PCA."""

import numpy as np
from numpy.typing import NDArray

from contracts.embedding_set import EMBEDDING_DIMENSIONS
from contracts.errors import BundleError
from contracts.search_defaults import Scaling
from index.principal_components import principal_components
from index.reduction import Reduction, unit_rows

# PCA works in float64: 250,000 rows are 1 GB. For more rows a sample determines the axes well enough;
# the smallest and largest value of each dimension are always taken over all rows.
MAX_FITTED_ROWS = 250_000
_ROWS_AT_ONCE = 16_384
# If the values of a dimension agree to four digits, min-max scaling would only amplify their float32
# noise, and folding that into float32 would cost the other dimensions their precision.
_CONSTANT_BELOW = 1e-4
# A range below this is rounding, whatever the size of the values.
_LEAST_SPREAD = 10.0 * float(np.finfo(np.float64).eps)
# float32 unit vectors that differ by less are the same vector up to rounding.
_SAME_DIRECTION_BELOW = 1e-6
# Directions without variance are arbitrary, and a query would get arbitrary coordinates along them.
_LEAST_VARIANCE_RATIO = 1e-9
# Whitening scales the weakest direction up to the strongest, and float32 rounding with it. Below this
# ratio a picture would no longer find itself.
_LEAST_WHITENED_RATIO = 1e-6


def fit_reduction(
    embeddings: NDArray[np.float32], *, scaling: Scaling, components: int | float, seed: int, whiten: bool = False
) -> Reduction:
    """Fit scaling and PCA, and fold them into one affine map.

    Args:
        embeddings: (N, 512) float32, finite, may be memory-mapped.
        scaling: `minmax` scales each dimension to [-1, 1] as in the article; `l2` divides each
            embedding by its length.
        components: their number, at least 1; fewer are kept if the embeddings span fewer
            directions (N items span at most N - 1). Or a float between 0 and 1: as many as
            explain this share of the variance.
        seed: for the sample that is fitted when there are over 250,000 rows.
        whiten: divide each component by its standard deviation, so that all have equal weight. The
            ratios of explained variance are those before whitening.

    Raises:
        BundleError: components is out of range, there are no embeddings, one is not finite, or all are equal.
    """
    _check_components(components)
    lowest, highest = _value_ranges(embeddings)
    spread = highest - lowest
    constant = spread <= np.maximum(_CONSTANT_BELOW * np.maximum(np.abs(lowest), np.abs(highest)), _LEAST_SPREAD)
    if constant.all():
        raise BundleError(
            f"all {len(embeddings)} embeddings are equal; an index needs items with at least two different pictures"
        )
    rows = _sample(embeddings, seed)
    if scaling == "minmax":
        # To [-1, 1]; constant dimensions to 0.
        scale = np.where(constant, 0.0, 2.0 / np.where(constant, 1.0, spread))
        shift = np.where(constant, 0.0, -1.0 - lowest * scale)
        scaled = rows.astype(np.float64) * scale + shift
    else:
        scaled = unit_rows(rows).astype(np.float64)
    if np.ptp(scaled, axis=0).max() <= _SAME_DIRECTION_BELOW:
        raise BundleError(
            f"the {len(embeddings)} embeddings differ only in their length; "
            "build the index with --scaling minmax, or from at least two different pictures"
        )
    possible = min(scaled.shape)
    wanted = min(components, possible) if isinstance(components, int) else components
    found = principal_components(scaled, wanted)
    ratios = found.ratios
    kept = int(np.count_nonzero(ratios > (_LEAST_WHITENED_RATIO if whiten else _LEAST_VARIANCE_RATIO)))
    axes = found.axes[:, :kept]
    if whiten:
        axes = axes / np.sqrt(found.variances[:kept])
    if scaling == "minmax":
        matrix = scale[:, None] * axes
        offset = (shift - found.mean) @ axes
    else:
        matrix, offset = axes, -found.mean @ axes
    return Reduction(
        matrix=np.ascontiguousarray(matrix, np.float32),
        offset=np.ascontiguousarray(offset, np.float32),
        scaling=scaling,
        explained_variance_ratio=np.ascontiguousarray(ratios[:kept], np.float64),
        whitened=whiten,
    )


def _check_components(components: int | float) -> None:
    if isinstance(components, bool) or (isinstance(components, int) and components < 1):
        raise BundleError(f"components must be 1 or more, such as 30; got {components}")
    if isinstance(components, float) and not 0.0 < components < 1.0:
        raise BundleError(
            f"components as a share of variance must be between 0 and 1, such as 0.9; got {components}; "
            "for a number of components write a whole number, such as 30"
        )


def _value_ranges(embeddings: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smallest and largest value of each dimension; works in chunks, because embeddings may exceed the memory."""
    if len(embeddings) == 0:
        raise BundleError("there are no embeddings to build an index from; run `lookalike extract` first")
    lowest = np.full(EMBEDDING_DIMENSIONS, np.inf)
    highest = np.full(EMBEDDING_DIMENSIONS, -np.inf)
    for start in range(0, len(embeddings), _ROWS_AT_ONCE):
        rows = embeddings[start : start + _ROWS_AT_ONCE]
        finite = np.isfinite(rows).all(axis=1)
        if not finite.all():
            raise BundleError(
                f"the embedding of row {start + int(np.argmin(finite))} holds NaN or infinity; "
                "run `lookalike extract` again into a new folder"
            )
        np.minimum(lowest, rows.min(axis=0), out=lowest)
        np.maximum(highest, rows.max(axis=0), out=highest)
    return lowest, highest


def _sample(embeddings: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    if len(embeddings) <= MAX_FITTED_ROWS:
        return embeddings
    chosen = np.random.default_rng(seed).choice(len(embeddings), MAX_FITTED_ROWS, replace=False)
    # In rising order, so that a mapped file is read once from front to back.
    return embeddings[np.sort(chosen)]
